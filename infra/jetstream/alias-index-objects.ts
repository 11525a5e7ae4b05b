import { jetstream, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { IndexObject, IndexObjects, ObjectLabel } from '../../projections/alias-index/index-objects.ts'
import { ALIAS_INDEX_OBJECTS } from '../../schemas/alias-index-keys.ts'

const TIMEOUT_MS = 10_000
const STREAM = `OBJ_${ALIAS_INDEX_OBJECTS}`
const CHUNKS = `$O.${ALIAS_INDEX_OBJECTS}.C.`
const WRONG_LAST_SEQUENCE = 10071

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
const label = z.object({ from: count, to: count, totalBytes: count.optional() })

/** The objects in Object Store bucket `alias-index`. */
export class AliasIndexObjects implements IndexObjects {
  readonly #store: ObjectStore
  readonly #manager: JetStreamManager

  private constructor(store: ObjectStore, manager: JetStreamManager) {
    this.#store = store
    this.#manager = manager
  }

  /** The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<AliasIndexObjects> {
    const client = jetstream(connection, { timeout: TIMEOUT_MS })
    const store = await new Objm(client).open(ALIAS_INDEX_OBJECTS, false)
    return new AliasIndexObjects(store, await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }))
  }

  async put(name: string, bytes: Uint8Array, { from, to, totalBytes }: ObjectLabel): Promise<boolean> {
    const metadata = {
      from: String(from),
      to: String(to),
      ...(totalBytes === undefined ? {} : { totalBytes: String(totalBytes) }),
    }
    try {
      await this.#store.putBlob({ name, metadata }, bytes, { previousRevision: 0 })
      return true
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false
      throw error
    }
  }

  /** By the stream's leader where the object is one message: a consumer for each would cost some milliseconds. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const info = await this.#store.info(name)
    if (info === null || info.deleted) return undefined
    if (info.chunks === 1) {
      const message = await this.#manager.streams.getMessage(STREAM, { last_by_subj: `${CHUNKS}${info.nuid}` })
      return message?.data
    }
    return (await this.#store.getBlob(name)) ?? undefined
  }

  async label(name: string): Promise<ObjectLabel | undefined> {
    const info = await this.#store.info(name)
    return info === null || info.deleted ? undefined : readLabel(info.metadata)
  }

  async list(): Promise<readonly IndexObject[]> {
    const objects = await this.#store.list()
    return objects
      .filter(({ deleted }) => !deleted)
      .flatMap(({ name, size, mtime, metadata }) => {
        const read = readLabel(metadata)
        return read === undefined ? [] : [{ name, bytes: size, storedAt: Date.parse(mtime), ...read }]
      })
  }

  /** Its tombstone goes too: else every version that ever was would leave one. */
  async remove(name: string): Promise<void> {
    await this.#store.delete(name)
    const token = Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    await this.#manager.streams.purge(STREAM, { filter: `$O.${ALIAS_INDEX_OBJECTS}.M.${token}` })
  }

  async removeFragments(before: number): Promise<number> {
    const chunks = await this.#manager.streams.info(STREAM, { subjects_filter: `${CHUNKS}>` })
    const whole = new Set((await this.#store.list()).map(({ nuid }) => `${CHUNKS}${nuid}`))
    let removed = 0
    for (const subject of Object.keys(chunks.state.subjects ?? {})) {
      if (whole.has(subject)) continue
      const last = await this.#manager.streams.getMessage(STREAM, { last_by_subj: subject })
      if (last === null || last.time.getTime() > before) continue
      await this.#manager.streams.purge(STREAM, { filter: subject })
      removed++
    }
    return removed
  }
}

function readLabel(metadata: Readonly<Record<string, string>> | undefined): ObjectLabel | undefined {
  const { data } = label.safeParse(metadata)
  if (data === undefined) return undefined
  const { from, to, totalBytes } = data
  return { from, to, ...(totalBytes === undefined ? {} : { totalBytes }) }
}

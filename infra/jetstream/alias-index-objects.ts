import { jetstream, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { GroupCommit } from '../../commands/group-commit.ts'
import type { IndexObject, IndexObjects, ObjectLabel, PutResult } from '../../projections/alias-index/index-objects.ts'
import { ALIAS_INDEX_OBJECTS } from '../../schemas/alias-index-keys.ts'
import { AppendCommitter, type EncodedAppend } from './append-committer.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { LeaderReads } from './leader-reads.ts'
import { metaSubject, objectMessages } from './object-messages.ts'

const TIMEOUT_MS = 10_000
const TRY_MS = 2_000
const STREAM = `OBJ_${ALIAS_INDEX_OBJECTS}`
const CHUNKS = `$O.${ALIAS_INDEX_OBJECTS}.C.`
const WRONG_LAST_SEQUENCE = 10071
/** An object of more bytes is several messages, which the client's own object store cuts. */
const ONE_MESSAGE = 512 * 1024

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
const label = z.object({ from: count, to: count, totalBytes: count.optional() })

/**
 * The objects in Object Store bucket `alias-index`. Those that are stored at the same moment go as one atomic batch: the
 * client's own object store takes three requests, and two waits for the disk, for each.
 */
export class AliasIndexObjects implements IndexObjects {
  readonly #store: ObjectStore
  readonly #manager: JetStreamManager
  readonly #group: GroupCommit<EncodedAppend>

  private constructor(connection: NatsConnection, store: ObjectStore, manager: JetStreamManager) {
    this.#store = store
    this.#manager = manager
    const watch = new ConnectionWatch(connection)
    const committer = new AppendCommitter(connection, watch, new LeaderReads(manager, watch, STREAM), TRY_MS)
    this.#group = new GroupCommit((appends) => committer.commit(appends))
  }

  /** The bucket need not be there yet. */
  static async open(connection: NatsConnection): Promise<AliasIndexObjects> {
    const client = jetstream(connection, { timeout: TIMEOUT_MS })
    const store = await new Objm(client).open(ALIAS_INDEX_OBJECTS, false)
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
    return new AliasIndexObjects(connection, store, manager)
  }

  async put(name: string, bytes: Uint8Array, { from, to, totalBytes }: ObjectLabel): Promise<PutResult> {
    const metadata = {
      from: String(from),
      to: String(to),
      ...(totalBytes === undefined ? {} : { totalBytes: String(totalBytes) }),
    }
    if (bytes.length > ONE_MESSAGE) {
      const wasStored = await this.#putLarge({ name, metadata }, bytes)
      return { wasStored, held: await this.get(name) }
    }
    const writes = objectMessages(ALIAS_INDEX_OBJECTS, { name, metadata }, bytes)
    const stored = await this.#group.append({
      writes,
      subjects: writes.map(({ subject }) => subject),
      bytes: bytes.length,
      deadline: performance.now() + TIMEOUT_MS,
    })
    if (stored.status === 'unavailable') throw new EventStoreUnavailable(stored.reason)
    if (stored.status === 'conflict') return { wasStored: false, held: await this.get(name) }
    return { wasStored: true, held: await this.#message(writes[0]?.subject ?? '') }
  }

  async #putLarge(meta: { name: string; metadata: Record<string, string> }, bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#store.putBlob(meta, bytes, { previousRevision: 0 })
      return true
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false
      throw error
    }
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const info = await this.#store.info(name)
    if (info === null || info.deleted) return undefined
    if (info.chunks === 1) return this.#message(`${CHUNKS}${info.nuid}`)
    return (await this.#store.getBlob(name)) ?? undefined
  }

  /** By the stream's leader: a consumer for each object would cost some milliseconds. */
  async #message(subject: string): Promise<Uint8Array | undefined> {
    return (await this.#manager.streams.getMessage(STREAM, { last_by_subj: subject }))?.data
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
    await this.#manager.streams.purge(STREAM, { filter: metaSubject(ALIAS_INDEX_OBJECTS, name) })
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

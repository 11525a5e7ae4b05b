import { jetstream, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { GroupCommit } from '../../commands/group-commit.ts'
import { AppendCommitter, type EncodedAppend } from './append-committer.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { LeaderReads } from './leader-reads.ts'
import { metaSubject, objectMessages } from './object-messages.ts'

const TIMEOUT_MS = 10_000
const TRY_MS = 2_000
const WRONG_LAST_SEQUENCE = 10071
/** An object of more bytes is several messages, which the client's own object store cuts. */
const ONE_MESSAGE = 512 * 1024

export interface StoredObject {
  readonly name: string
  /** As stored. */
  readonly bytes: number
  /** Epoch milliseconds. */
  readonly storedAt: number
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * An Object Store bucket in which a name never gets other bytes. Objects that are stored at the same moment go as one
 * atomic batch: the client's own object store takes three requests, and two waits for the disk, for each.
 */
export class ImmutableObjects {
  readonly #bucket: string
  readonly #stream: string
  readonly #chunks: string
  readonly #store: ObjectStore
  readonly #manager: JetStreamManager
  readonly #group: GroupCommit<EncodedAppend>
  readonly #leader: LeaderReads
  readonly #isSecret: boolean

  private constructor(
    { bucket, isSecret }: { readonly bucket: string; readonly isSecret: boolean },
    connection: NatsConnection,
    store: ObjectStore,
    manager: JetStreamManager,
  ) {
    this.#bucket = bucket
    this.#isSecret = isSecret
    this.#stream = `OBJ_${bucket}`
    this.#chunks = `$O.${bucket}.C.`
    this.#store = store
    this.#manager = manager
    const watch = new ConnectionWatch(connection)
    this.#leader = new LeaderReads(manager, watch, this.#stream)
    const committer = new AppendCommitter(connection, watch, this.#leader, TRY_MS)
    this.#group = new GroupCommit((appends) => committer.commit(appends))
  }

  /**
   * The bucket need not be there yet. `isSecret`: bytes of what is removed are overwritten on the servers' disks too,
   * which else keep them until they need the room.
   */
  static async open(
    connection: NatsConnection,
    bucket: string,
    { isSecret = false }: { readonly isSecret?: boolean } = {},
  ): Promise<ImmutableObjects> {
    const client = jetstream(connection, { timeout: TIMEOUT_MS })
    const store = await new Objm(client).open(bucket, false)
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
    return new ImmutableObjects({ bucket, isSecret }, connection, store, manager)
  }

  /**
   * Stores the object unless there is one of this name. `read` gives what is stored there now.
   * @throws EventStoreUnavailable when nobody knows whether it is stored.
   */
  async put(
    name: string,
    bytes: Uint8Array,
    metadata: Readonly<Record<string, string>>,
  ): Promise<{ readonly wasStored: boolean; readonly read: () => Promise<Uint8Array | undefined> }> {
    const read = () => this.get(name)
    if (bytes.length > ONE_MESSAGE) return { wasStored: await this.#putLarge({ name, metadata }, bytes), read }
    const writes = objectMessages(this.#bucket, { name, metadata }, bytes)
    const stored = await this.#group.append({
      writes,
      subjects: writes.map(({ subject }) => subject),
      bytes: bytes.length,
      deadline: performance.now() + TIMEOUT_MS,
    })
    if (stored.status === 'unavailable') throw new EventStoreUnavailable(stored.reason)
    if (stored.status === 'conflict') return { wasStored: false, read }
    return { wasStored: true, read: () => this.#message(writes[0]?.subject ?? '') }
  }

  async #putLarge(
    meta: { readonly name: string; readonly metadata: Readonly<Record<string, string>> },
    bytes: Uint8Array,
  ): Promise<boolean> {
    try {
      await this.#store.putBlob({ ...meta, metadata: { ...meta.metadata } }, bytes, { previousRevision: 0 })
      return true
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false
      throw error
    }
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const info = await this.#store.info(name)
    if (info === null || info.deleted) return undefined
    if (info.chunks === 1) return this.#message(`${this.#chunks}${info.nuid}`)
    return (await this.#store.getBlob(name)) ?? undefined
  }

  /** By the stream's leader: a consumer for each object would cost some milliseconds. */
  async #message(subject: string): Promise<Uint8Array | undefined> {
    return (await this.#manager.streams.getMessage(this.#stream, { last_by_subj: subject }))?.data
  }

  /** What an object was stored with. */
  async metadata(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const info = await this.#store.info(name)
    return info === null || info.deleted ? undefined : (info.metadata ?? {})
  }

  async list(): Promise<readonly StoredObject[]> {
    return (await this.#store.list())
      .filter(({ deleted }) => !deleted)
      .map(({ name, size, mtime, metadata }) => ({
        name,
        bytes: size,
        storedAt: Date.parse(mtime),
        metadata: metadata ?? {},
      }))
  }

  /** Its tombstone goes too: else every object that ever was would leave one. */
  async remove(name: string): Promise<void> {
    const info = this.#isSecret ? await this.#store.info(name) : null
    if (info !== null) await this.#overwrite(`${this.#chunks}${info.nuid}`)
    await this.#store.delete(name)
    await this.#manager.streams.purge(this.#stream, { filter: metaSubject(this.#bucket, name) })
  }

  /** Removes pieces of objects, older than `before` (epoch milliseconds), that were never finished. Answers how many. */
  async removeFragments(before: number): Promise<number> {
    const chunks = await this.#manager.streams.info(this.#stream, { subjects_filter: `${this.#chunks}>` })
    const whole = new Set((await this.#store.list()).map(({ nuid }) => `${this.#chunks}${nuid}`))
    let removed = 0
    for (const subject of Object.keys(chunks.state.subjects ?? {})) {
      if (whole.has(subject)) continue
      const last = await this.#manager.streams.getMessage(this.#stream, { last_by_subj: subject })
      if (last === null || last.time.getTime() > before) continue
      if (this.#isSecret) await this.#overwrite(subject)
      else await this.#manager.streams.purge(this.#stream, { filter: subject })
      removed++
    }
    return removed
  }

  async #overwrite(subject: string): Promise<void> {
    for (let seq = 1; ;) {
      const message = await this.#leader.next(subject, seq)
      if (message === null) return
      await this.#manager.streams.deleteMessage(this.#stream, message.seq, true)
      seq = message.seq + 1
    }
  }
}

import type { NatsConnection } from '@nats-io/transport-node'
import type { AppendResult, Conditions, EventStore, Write } from '../../commands/event-store.ts'
import type { Epoch } from '../../schemas/position.ts'

const DELETED = '$JS.EVENT.ADVISORY.STREAM.DELETED.EVENTS'

/**
 * The same store for as long as the log lives. A restore deletes the log and brings another life of it, where sequences
 * mean other events: a decision on what this process remembers must never reach it. So from the word that the log
 * was deleted nothing is appended any more; and after every loss of the connection, nothing before its epoch was read again.
 */
export class FencedEventStore implements EventStore {
  /** Resolves when the log that this process knows is gone: it can only be started anew. Never rejects. */
  readonly gone: Promise<void>
  readonly #store: EventStore
  readonly #epoch: Epoch
  #isGone = false
  #end: () => void
  /** Losses of the connection so far, and after how many of them the epoch was last read. */
  #losses = 0
  #provenAfter = -1

  private constructor(store: EventStore, epoch: Epoch) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gone = promise
    this.#end = resolve
    this.#store = store
    this.#epoch = epoch
  }

  /** Watches until the connection closes. @throws EventStoreUnavailable when the log cannot be asked for its epoch. */
  static async open(store: EventStore, connection: NatsConnection): Promise<FencedEventStore> {
    const { epoch } = await store.head()
    const fenced = new FencedEventStore(store, epoch)
    connection.subscribe(DELETED, { callback: () => fenced.#lose() })
    void fenced.#follow(connection)
    // Only from here on a deletion is heard of: one before it is told by the epoch.
    await connection.flush()
    return fenced
  }

  append(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    return this.#provenAfter === this.#losses && !this.#isGone
      ? this.#store.append(writes, conditions)
      : this.#appendInDoubt(writes, conditions)
  }

  async #appendInDoubt(writes: readonly Write[], conditions?: Conditions): Promise<AppendResult> {
    if (this.#provenAfter !== this.#losses && !(await this.#prove()) && !this.#isGone)
      return { status: 'unavailable', reason: 'the log does not say whether it is still the same' }
    if (this.#isGone)
      return { status: 'unavailable', reason: 'the log was deleted or restored: this process must be started anew' }
    return this.#store.append(writes, conditions)
  }

  readAggregate: EventStore['readAggregate'] = (subject) => this.#store.readAggregate(subject)
  lastRevision: EventStore['lastRevision'] = (subject) => this.#store.lastRevision(subject)
  lastGuard: EventStore['lastGuard'] = (subject) => this.#store.lastGuard(subject)
  readAll: EventStore['readAll'] = (options) => this.#store.readAll(options)
  head: EventStore['head'] = () => this.#store.head()

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) if (type === 'disconnect') this.#losses++
  }

  /** Reads the epoch. False when that was not possible, or the connection was lost meanwhile. */
  async #prove(): Promise<boolean> {
    const losses = this.#losses
    const head = await this.#store.head().catch(() => undefined)
    if (head === undefined || losses !== this.#losses) return false
    if (head.epoch === this.#epoch) this.#provenAfter = losses
    else this.#lose()
    return true
  }

  #lose(): void {
    this.#isGone = true
    this.#end()
  }
}

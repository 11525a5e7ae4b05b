import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { checkWrites } from '../../commands/check-writes.ts'
import type { StoredEvent } from '../../schemas/decode-stored-event.ts'
import type { AppendResult, Conditions, EventStore, Write } from '../../commands/event-store.ts'
import { GroupCommit, type GroupCommitLimits } from '../../commands/group-commit.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { Epoch, Revision } from '../../schemas/position.ts'
import { type AggregateSubject, guardSubject } from '../../schemas/subjects.ts'
import { AppendCommitter, type EncodedAppend } from './append-committer.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { encodeWrite } from './encoded-write.ts'
import { LeaderReads } from './leader-reads.ts'
import { readAggregate } from './read-aggregate.ts'
import { readAll, readAllStored } from './read-all.ts'
import type { LogSource } from './read-messages.ts'
import { streamHead } from './stream-head.ts'

export interface JetStreamEventStoreOptions {
  /** How long an append may take before it is `unavailable`, ms. */
  readonly appendDeadlineMs: number
  /** How long one request may take, ms. */
  readonly requestTimeoutMs: number
  /** Events per request when an aggregate is read. */
  readonly pageSize: number
  readonly groupCommit: Partial<GroupCommitLimits>
}

const STREAM = 'EVENTS'
/** All events, and no mark of a guard. */
const EVENTS = ['evt.>']
const DEFAULTS: JetStreamEventStoreOptions = {
  appendDeadlineMs: 5000,
  requestTimeoutMs: 2000,
  pageSize: 256,
  groupCommit: {},
}
/** Of a NATS server that is not told otherwise; used while the connection is away and cannot say. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024

/** The log on the JetStream stream `EVENTS`. Holds no resource but the connection, which its owner closes. */
export class JetStreamEventStore implements EventStore {
  readonly #connection: NatsConnection
  readonly #options: JetStreamEventStoreOptions
  readonly #client: JetStreamClient
  readonly #watch: ConnectionWatch
  readonly #leader: LeaderReads
  readonly #group: GroupCommit<EncodedAppend>

  private constructor(connection: NatsConnection, manager: JetStreamManager, options: JetStreamEventStoreOptions) {
    this.#connection = connection
    this.#options = options
    this.#client = jetstream(connection, { timeout: options.requestTimeoutMs })
    this.#watch = new ConnectionWatch(connection)
    this.#leader = new LeaderReads(manager, this.#watch, STREAM)
    const committer = new AppendCommitter(connection, this.#watch, this.#leader, options.requestTimeoutMs)
    this.#group = new GroupCommit((appends) => committer.commit(appends), options.groupCommit)
  }

  /** @param connection is up and reconnects for ever. The stream need not be there yet. */
  static async open(
    connection: NatsConnection,
    options: Partial<JetStreamEventStoreOptions> = {},
  ): Promise<JetStreamEventStore> {
    const all = { ...DEFAULTS, ...options }
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: all.requestTimeoutMs })
    return new JetStreamEventStore(connection, manager, all)
  }

  append(writes: readonly Write[], conditions: Conditions = {}): Promise<AppendResult> {
    try {
      return this.#append(writes, conditions)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Not asynchronous itself: each promise in between would cost every command a turn. */
  #append(writes: readonly Write[], conditions: Conditions): Promise<AppendResult> {
    checkWrites(writes, conditions)
    const { guards = [], seals = [] } = conditions
    const maxPayload = this.#connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD
    const encoded = writes.map((write) => encodeWrite(write, maxPayload))
    if (!this.#watch.isUp) return Promise.resolve({ status: 'unavailable', reason: 'not connected to NATS' })
    return this.#group.append({
      writes: encoded,
      guards,
      seals,
      subjects: encoded.map(({ subject }) => subject),
      guarded: guards.map(({ subject }) => subject),
      messages: encoded.length + guards.length + seals.length,
      bytes: encoded.reduce((sum, { payload }) => sum + payload.length, 0),
      deadline: performance.now() + this.#options.appendDeadlineMs,
    })
  }

  readAggregate(subject: AggregateSubject): Promise<readonly RecordedEvent[]> {
    const { pageSize, requestTimeoutMs: timeoutMs } = this.#options
    const source = { connection: this.#connection, leader: this.#leader, stream: STREAM }
    return readAggregate({ ...source, pageSize, timeoutMs }, subject)
  }

  async lastRevision(subject: AggregateSubject): Promise<Revision> {
    return (await this.#leader.last(subject))?.seq ?? 0
  }

  async lastGuard(subject: AggregateSubject): Promise<number> {
    return (await this.#leader.last(guardSubject(subject)))?.seq ?? 0
  }

  readAll(options: Parameters<EventStore['readAll']>[0]): AsyncIterable<RecordedEvent> {
    return readAll(this.#source, { ...options, subjects: options.subjects ?? EVENTS })
  }

  /** See {@link StoredLog}. */
  readAllStored(options: Parameters<EventStore['readAll']>[0]): AsyncIterable<readonly StoredEvent[]> {
    return readAllStored(this.#source, { ...options, subjects: options.subjects ?? EVENTS })
  }

  head(): Promise<{ epoch: Epoch; sequence: number }> {
    return streamHead(this.#leader)
  }

  get #source(): LogSource {
    return { client: this.#client, watch: this.#watch, leader: this.#leader, stream: STREAM }
  }
}

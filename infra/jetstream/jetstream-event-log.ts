import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { MessageLog } from '../../projections/audit/message-log.ts'
import type { EventLog } from '../../projections/event-log.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import type { Position } from '../../schemas/position.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { LeaderReads } from './leader-reads.ts'
import { readAll } from './read-all.ts'
import { type LogSource, readMessages } from './read-messages.ts'
import { readOnDemand } from './read-on-demand.ts'
import { streamHead } from './stream-head.ts'

const TIMEOUT_MS = 2_000

/** A stream of events to read only, such as `AUDIT`; it must have an epoch. Holds no resource but the connection. */
export class JetStreamEventLog implements MessageLog {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #watch: ConnectionWatch
  readonly #leader: LeaderReads
  readonly #stream: string

  private constructor(connection: NatsConnection, manager: JetStreamManager, stream: string) {
    this.#connection = connection
    this.#manager = manager
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
    this.#watch = new ConnectionWatch(connection)
    this.#leader = new LeaderReads(manager, this.#watch, stream)
    this.#stream = stream
  }

  /** @param connection is up and reconnects for ever. The stream need not be there yet. */
  static async open(connection: NatsConnection, stream: string): Promise<JetStreamEventLog> {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
    return new JetStreamEventLog(connection, manager, stream)
  }

  readAll(options: Parameters<EventLog['readAll']>[0]): AsyncIterable<RecordedEvent> {
    return readAll(this.#source, options)
  }

  readOnDemand(options: Parameters<NonNullable<EventLog['readOnDemand']>>[0]): AsyncIterable<readonly RecordedEvent[]> {
    return readOnDemand({ ...this.#source, connection: this.#connection, manager: this.#manager }, options)
  }

  readMessages(options: Parameters<EventLog['readAll']>[0]): AsyncIterable<readonly LogMessage[]> {
    return readMessages(this.#source, options)
  }

  head(): Promise<Position> {
    return streamHead(this.#leader)
  }

  get #source(): LogSource {
    return { client: this.#client, watch: this.#watch, leader: this.#leader, stream: this.#stream }
  }
}

import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { TelemetryLog, TelemetryMessage } from '../../projections/telemetry/telemetry-log.ts'
import type { Position } from '../../schemas/position.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { epochOf } from './stream-head.ts'
import { LeaderReads } from './leader-reads.ts'
import { failureOf, openOrderedRead } from './ordered-read.ts'

const STREAM = 'TELEMETRY'
const TIMEOUT_MS = 2_000
/** Many at a time: observations are small. */
const ASKING = { max_messages: 2000 }

/** Stream `TELEMETRY`, read in order. Holds no resource but the connection. */
export class JetStreamTelemetryLog implements TelemetryLog {
  readonly #client: JetStreamClient
  readonly #watch: ConnectionWatch
  readonly #leader: LeaderReads

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#client = jetstream(connection, { timeout: TIMEOUT_MS })
    this.#watch = new ConnectionWatch(connection)
    this.#leader = new LeaderReads(manager, this.#watch, STREAM)
  }

  /** @param connection is up and reconnects for ever. The stream need not be there yet. */
  static async open(connection: NatsConnection): Promise<JetStreamTelemetryLog> {
    return new JetStreamTelemetryLog(
      connection,
      await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS }),
    )
  }

  /** @throws EventStoreUnavailable when NATS is or goes away: read on from the last message seen, after checking the epoch. */
  async *readAll({
    fromSequence,
    signal,
  }: Parameters<TelemetryLog['readAll']>[0]): AsyncGenerator<TelemetryMessage, void> {
    if (signal.aborted) return
    const source = { client: this.#client, watch: this.#watch, stream: STREAM }
    const { messages, close } = await openOrderedRead(source, { fromSequence, signal, asking: ASKING })
    try {
      for await (const message of messages) {
        const { subject, data } = message
        const { streamSequence: sequence, timestampNanos } = message.info
        yield { sequence, subject, data, takenAtMs: Math.floor(timestampNanos / 1_000_000) }
      }
      if (!signal.aborted) throw new EventStoreUnavailable('the connection to NATS was lost')
    } catch (error) {
      throw failureOf(source, error)
    } finally {
      close()
    }
  }

  async head(): Promise<Position & { readonly first: number }> {
    const info = await this.#leader.info()
    const { first_seq, last_seq, messages } = info.state
    // An empty stream says 0 or the next sequence, depending on its past.
    return { epoch: epochOf(info), sequence: last_seq, first: messages === 0 ? last_seq + 1 : first_seq }
  }
}

import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import type { TelemetryLog, TelemetryMessage } from '../../projections/telemetry/telemetry-log.ts'
import type { Position } from '../../schemas/position.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { epochOf } from './stream-head.ts'
import { LeaderReads } from './leader-reads.ts'

const STREAM = 'TELEMETRY'
const TIMEOUT_MS = 2_000
/** Many at a time: observations are small. For the waits see `readAll`. */
const CONSUME = { max_messages: 2000, expires: 4000, idle_heartbeat: 1000, abort_on_missing_resource: true }

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
    const consumer = await this.#watch.whileUp(() =>
      this.#client.consumers.get(STREAM, { opt_start_seq: fromSequence }),
    )
    const messages = await consumer.consume(CONSUME)
    const stop = (): void => messages.stop()
    signal.addEventListener('abort', stop)
    const unwatch = this.#watch.onDown(stop)
    // Both may have happened while the consumer was opened.
    if (signal.aborted || !this.#watch.isUp) stop()
    try {
      for await (const message of messages) {
        const { subject, data } = message
        const { streamSequence: sequence, timestampNanos } = message.info
        yield { sequence, subject, data, takenAtMs: Math.floor(timestampNanos / 1_000_000) }
      }
      if (!signal.aborted) throw new EventStoreUnavailable('the connection to NATS was lost')
    } finally {
      unwatch()
      signal.removeEventListener('abort', stop)
      stop()
      // The server would drop it by itself, but only after minutes.
      if (this.#watch.isUp) consumer.delete().catch(() => undefined)
    }
  }

  async head(): Promise<Position & { readonly first: number }> {
    const info = await this.#leader.info()
    const { first_seq, last_seq, messages } = info.state
    // An empty stream says 0 or the next sequence, depending on its past.
    return { epoch: epochOf(info), sequence: last_seq, first: messages === 0 ? last_seq + 1 : first_seq }
  }
}

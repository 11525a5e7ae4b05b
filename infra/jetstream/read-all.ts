import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import type { Consumer, ConsumerMessages, JetStreamClient } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { setInterval } from 'node:timers/promises'
import type { StoredEvent } from '../../commands/decode-stored-event.ts'
import { decodeLogMessage } from '../../commands/decode-log-message.ts'
import { EventStoreUnavailable, type EventStore } from '../../commands/event-store.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ConnectionWatch } from './connection-watch.ts'
import type { LeaderReads } from './leader-reads.ts'

export interface LogSource {
  readonly client: JetStreamClient
  readonly watch: ConnectionWatch
  readonly leader: LeaderReads
  readonly stream: string
}

/**
 * At the client's defaults a read stalls for 43 s when the consumer's server dies; with these for 10 s. More is asked for
 * when three quarters have come, not after each quarter: each asking is a write and wakes the server.
 */
const CONSUME = { max_messages: 500, threshold_messages: 125, expires: 4000, idle_heartbeat: 1000 }
/** A consumer that is lost ends the read: the stream may have been restored meanwhile, and this be another epoch. */
const STRICT = { abort_on_missing_resource: true }
const LOOK_FOR_END_MS = 500

type Options = Parameters<EventStore['readAll']>[0]

/**
 * The log in order, from an ordered consumer. See {@link EventStore.readAll}.
 * @throws EventStoreUnavailable when NATS is or goes away: read on from the last event seen, after checking the epoch.
 */
export function readAll(source: LogSource, options: Options): AsyncGenerator<RecordedEvent, void> {
  return read(source, options, ({ sequence, subject, envelope }) => ({ sequence, subject, envelope }))
}

/** As {@link readAll}, each event with its text. */
export function readAllStored(source: LogSource, options: Options): AsyncGenerator<StoredEvent, void> {
  return read(source, options, (event) => event)
}

async function* read<E>(
  source: LogSource,
  options: Options,
  shape: (event: StoredEvent) => E,
): AsyncGenerator<E, void> {
  const { fromSequence, untilSequence: until = Infinity, subjects, signal } = options
  if (signal.aborted || until < fromSequence) return
  const consumer = await open(source, fromSequence, subjects)
  const messages = await consumer.consume({ ...CONSUME, ...STRICT })
  const over = new AbortController()
  const stop = (): void => messages.stop()
  signal.addEventListener('abort', stop)
  const unwatch = source.watch.onDown(stop)
  const progress = { delivered: 0 }
  const exhausted = (): Promise<boolean> => isExhausted(source, consumer, until, progress.delivered)
  if (until < Infinity) void stopWhen(exhausted, messages, over)
  // Both may have happened while the consumer was opened.
  if (signal.aborted || !source.watch.isUp) stop()
  try {
    for await (const message of messages) {
      if (signal.aborted || message.seq > until) return
      yield shape(decodeLogMessage(message.seq, message.subject, message.data))
      progress.delivered = message.info.deliverySequence
      if (message.seq >= until) return
      if (until < Infinity && message.info.pending === 0 && (await exhausted())) return
    }
    if (!signal.aborted && !over.signal.aborted) throw new EventStoreUnavailable('the connection to NATS was lost')
  } catch (error) {
    throw isOutage(error) ? new EventStoreUnavailable(`${source.stream} cannot be read on`, { cause: error }) : error
  } finally {
    over.abort()
    unwatch()
    signal.removeEventListener('abort', stop)
    stop()
    // The server would drop it by itself, but only after minutes.
    if (source.watch.isUp) consumer.delete().catch(() => undefined)
  }
}

async function open(source: LogSource, fromSequence: number, subjects?: readonly string[]): Promise<Consumer> {
  const filter = subjects === undefined ? {} : { filter_subjects: [...subjects] }
  try {
    return await source.watch.whileUp(() =>
      source.client.consumers.get(source.stream, { opt_start_seq: Math.max(1, fromSequence), ...filter }),
    )
  } catch (error) {
    if (error instanceof EventStoreUnavailable) throw error
    throw new EventStoreUnavailable(`${source.stream} cannot be read`, { cause: error })
  }
}

/** Whether nothing can come any more up to `until`: the log has passed it, and all that matched before was delivered. */
async function isExhausted(source: LogSource, consumer: Consumer, until: number, delivered: number): Promise<boolean> {
  // First the log's end, then what the consumer still has: in this order nothing can slip in between.
  if ((await source.leader.info()).state.last_seq < until) return false
  const info = await source.watch.whileUp(() => consumer.info())
  return info.num_pending === 0 && info.delivered.consumer_seq === delivered
}

/** Where nothing matches no message comes that would say so: ask now and then. */
async function stopWhen(exhausted: () => Promise<boolean>, messages: ConsumerMessages, over: AbortController) {
  try {
    if (!(await exhausted())) {
      for await (const _ of setInterval(LOOK_FOR_END_MS, undefined, { signal: over.signal })) {
        if (await exhausted()) break
      }
    }
    if (over.signal.aborted) return
    over.abort()
    messages.stop()
  } catch (error) {
    if (!over.signal.aborted) messages.stop(error instanceof Error ? error : new Error(String(error)))
  }
}

function isOutage(error: unknown): boolean {
  const outages = [JetStreamApiError, JetStreamError, errors.ClosedConnectionError, errors.PermissionViolationError]
  return outages.some((outage) => error instanceof outage)
}

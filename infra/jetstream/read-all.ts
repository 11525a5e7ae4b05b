import type { Consumer, ConsumerMessages } from '@nats-io/jetstream'
import { setInterval } from 'node:timers/promises'
import type { StoredEvent } from '../../commands/decode-stored-event.ts'
import { decodeLogMessage } from '../../commands/decode-log-message.ts'
import { EventStoreUnavailable, type EventStore } from '../../commands/event-store.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LeaderReads } from './leader-reads.ts'
import { failureOf, openOrderedRead, type ReadableStream } from './ordered-read.ts'

export interface LogSource extends ReadableStream {
  readonly leader: LeaderReads
}

/** More is asked for when three quarters have come, not after each quarter: each asking is a write and wakes the server. */
const ASKING = { max_messages: 2_000, threshold_messages: 500 }
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
  const { consumer, messages, close } = await openOrderedRead(source, {
    fromSequence,
    subjects,
    signal,
    asking: ASKING,
  })
  const over = new AbortController()
  const progress = { delivered: 0 }
  const exhausted = (): Promise<boolean> => isExhausted(source, consumer, until, progress.delivered)
  if (until < Infinity) void stopWhen(exhausted, messages, over)
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
    throw failureOf(source, error)
  } finally {
    over.abort()
    close()
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

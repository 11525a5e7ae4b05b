import type { Consumer, ConsumerMessages } from '@nats-io/jetstream'
import { setInterval } from 'node:timers/promises'
import { EventStoreUnavailable, type EventStore } from '../../commands/event-store.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import type { LeaderReads } from './leader-reads.ts'
import { failureOf, openOrderedRead, type ReadableStream } from './ordered-read.ts'

export interface LogSource extends ReadableStream {
  readonly leader: LeaderReads
}

/** More is asked for when three quarters have come, not after each quarter: each asking is a write and wakes the server. */
const ASKING = { max_messages: 2_000, threshold_messages: 500 }
const LOOK_FOR_END_MS = 500
/** Most that are given at once. */
const MOST = 500

/**
 * The messages of a log in order, from an ordered consumer, as many at a time as have come: to hand on each by itself is a
 * promise more for each. None is held back for others to come. Ends as {@link EventStore.readAll} does.
 * @throws EventStoreUnavailable when NATS is or goes away.
 */
export async function* readMessages(
  source: LogSource,
  options: Parameters<EventStore['readAll']>[0],
): AsyncGenerator<readonly LogMessage[], void> {
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
  let batch: LogMessage[] = []
  try {
    for await (const message of messages) {
      if (signal.aborted) return
      const { streamSequence: sequence, deliverySequence, pending } = message.info
      if (sequence <= until) batch.push({ sequence, subject: message.subject, data: message.data })
      const isLast = sequence >= until
      const mayBeLast = until < Infinity && pending === 0
      if (!isLast && !mayBeLast && batch.length < MOST && areMoreThere(messages)) continue
      if (batch.length > 0) yield batch
      if (isLast) return
      batch = []
      progress.delivered = deliverySequence
      if (mayBeLast && (await exhausted())) return
    }
    if (!signal.aborted && !over.signal.aborted) throw new EventStoreUnavailable('the connection to NATS was lost')
  } catch (error) {
    throw failureOf(source, error)
  } finally {
    over.abort()
    close()
  }
}

/** Whether the client has more to give without a wait. What it says is pending counts its own askings too. */
function areMoreThere(messages: ConsumerMessages): boolean {
  return messages.getReceived() > messages.getProcessed()
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

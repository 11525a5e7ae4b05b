import type { RecordedEvent } from '../../schemas/envelope.ts'
import { commandSpan } from '../command-boundary.ts'
import { lastEvent } from './last-event.ts'
import type { LogHistory } from './log-history.ts'

/**
 * An event's time is that of its decision, and deciders run in many processes: an event may stand behind one that is
 * so much later, in milliseconds. It covers the longest that an append is tried, and what clocks are apart.
 */
const MOST_DISORDER = 10_000

/**
 * The sequence of the last event up to `head` whose time is `at` (epoch milliseconds) or earlier, 0 if there is none. Events
 * behind it in the log are all later than `at`; those before it may be, by a little, where times are out of order.
 */
export async function sequenceAt(log: LogHistory, head: number, at: number, signal: AbortSignal): Promise<number> {
  const isBy = (limit: number) => (event: RecordedEvent) => timeOf(event) <= limit
  // Behind the first event that is later by the most disorder, nothing is as early as `at`.
  const [near, far] = await Promise.all([
    lastEvent(log, head + 1, isBy(at)),
    lastEvent(log, head + 1, isBy(at + MOST_DISORDER)),
  ])
  let last = near?.sequence ?? 0
  const range = { fromSequence: last + 1, untilSequence: far?.sequence ?? 0, signal }
  if (range.fromSequence > range.untilSequence) return last
  for await (const event of log.readAll(range)) if (timeOf(event) <= at) last = event.sequence
  signal.throwIfAborted()
  return last
}

/** The last event up to the sequence that ends its command; `undefined` before the first. */
export async function lastWholeCommand(
  log: Pick<LogHistory, 'eventFrom'>,
  sequence: number,
): Promise<RecordedEvent | undefined> {
  const event = await lastEvent(log, sequence + 1, () => true)
  if (event === undefined) return undefined
  const { first, last } = commandSpan(event)
  return last <= sequence ? event : lastEvent(log, first, () => true)
}

function timeOf({ envelope }: RecordedEvent): number {
  return Date.parse(envelope.time)
}

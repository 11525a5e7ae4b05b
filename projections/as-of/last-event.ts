import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LogHistory } from './log-history.ts'

/**
 * The last event before sequence `end` that satisfies `holds`, given that it holds for no event after the first one for
 * which it does not: found by bisection, with about log2(end) reads. `undefined` when it holds for none.
 */
export async function lastEvent(
  log: Pick<LogHistory, 'eventFrom'>,
  end: number,
  holds: (event: RecordedEvent) => boolean,
): Promise<RecordedEvent | undefined> {
  let found: RecordedEvent | undefined
  // All before `low` is settled, as is all from `high` on.
  let low = 1
  let high = end
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const event = await log.eventFrom(middle)
    if (event !== undefined && event.sequence < end && holds(event)) {
      found = event
      low = event.sequence + 1
    } else high = middle
  }
  return found
}

import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'
import type { EventLog } from './event-log.ts'

/** Where the log ends. @throws Error when it does not answer within `timeoutMs` milliseconds. */
export async function headWithin(log: EventLog, timeoutMs: number): Promise<Position> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Error(`the log did not say within ${timeoutMs} ms where it ends`)),
    timeoutMs,
  )
  try {
    return await Promise.race([log.head(), promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The matching events from `from` to `until`, both inclusive, if they are at most `most`; `undefined` if there are
 * more. That it ends proves that no other stands there. @throws Error when it takes longer than `timeoutMs`.
 */
export async function eventsBetween(
  log: EventLog,
  range: { readonly from: number; readonly until: number; readonly subjects: readonly string[] },
  most: number,
  timeoutMs: number,
): Promise<readonly RecordedEvent[] | undefined> {
  if (range.until < range.from) return []
  const signal = AbortSignal.timeout(timeoutMs)
  const events: RecordedEvent[] = []
  const read = log.readAll({ fromSequence: range.from, untilSequence: range.until, subjects: range.subjects, signal })
  for await (const event of read) {
    events.push(event)
    if (events.length > most) return undefined
  }
  if (signal.aborted) throw new Error(`the log was not read to ${range.until} within ${timeoutMs} ms`)
  return events
}

import type { LogHistory } from '../../../projections/as-of/log-history.ts'
import { sequenceAt } from '../../../projections/as-of/sequence-at.ts'
import { asOfText, parseAsOf } from '../../../schemas/as-of.ts'
import { formatPosition, type Position } from '../../../schemas/position.ts'
import { Failure } from '../failure.ts'

/**
 * A place in the log as people write it: a sequence, a position `<epoch>-<sequence>`, or a time. As `first` of a range a
 * time is the first event that is not earlier, as `last` the last that is not later.
 * @throws Failure when it is none of these, or a position of another life of the log.
 */
export async function logPlace(
  log: LogHistory,
  text: string,
  end: 'first' | 'last',
  { head, signal }: { readonly head: Position; readonly signal: AbortSignal },
): Promise<number> {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  if (!asOfText.safeParse(text).success)
    throw new Failure(
      `"${text}" is no place in the log: a sequence, a position, or a time such as 2026-03-01T12:00:00Z`,
    )
  const place = parseAsOf(text)
  if (place.kind === 'position') {
    const { epoch, sequence } = place.position
    if (epoch === head.epoch) return sequence
    throw new Failure(`"${text}" is of another life of the log, which ends at ${formatPosition(head)}`)
  }
  return end === 'last'
    ? sequenceAt(log, head.sequence, place.at, signal)
    : (await sequenceAt(log, head.sequence, place.at - 1, signal)) + 1
}

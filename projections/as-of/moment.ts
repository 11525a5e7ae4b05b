import type { AsOf } from '../../schemas/as-of.ts'
import { formatPosition, type Position } from '../../schemas/position.ts'
import type { LogHistory } from './log-history.ts'
import { lastWholeCommand, sequenceAt } from './sequence-at.ts'

/** The state after all events up to a position, as it looked at an instant: expiry is judged then. */
export interface Moment {
  /** The end of a command: nobody ever sees half of one. */
  readonly position: Position
  /** Epoch milliseconds. */
  readonly at: number
}

export type MomentResult =
  | { readonly status: 'ok'; readonly moment: Moment }
  /** There is no such moment in this log. */
  | { readonly status: 'rejected'; readonly code: string; readonly message: string }

/**
 * Finds a moment in the log. As of a time: up to the last event of that time or earlier. As of a position: up to the last
 * command that had ended by then, at that command's time. `now`: epoch milliseconds.
 */
export async function findMoment(
  log: LogHistory,
  asOf: AsOf,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<MomentResult> {
  const head = await log.head()
  if (asOf.kind === 'time' && asOf.at > now) return rejected('as_of_in_future', 'that time has not come yet')
  if (asOf.kind === 'position') {
    const { epoch, sequence } = asOf.position
    const where = `the log ends at ${formatPosition(head)}`
    if (epoch !== head.epoch)
      return rejected(
        'as_of_other_epoch',
        `that position is of another life of the log, before or after a restore; ${where}`,
      )
    if (sequence > head.sequence) return rejected('as_of_ahead', `that position is ahead of the log; ${where}`)
  }
  const until = asOf.kind === 'time' ? await sequenceAt(log, head.sequence, asOf.at, signal) : asOf.position.sequence
  const last = await lastWholeCommand(log, until)
  const position = { epoch: head.epoch, sequence: last?.sequence ?? 0 }
  const at = asOf.kind === 'time' ? asOf.at : last === undefined ? 0 : Date.parse(last.envelope.time)
  return { status: 'ok', moment: { position, at } }
}

function rejected(code: string, message: string): MomentResult {
  return { status: 'rejected', code, message }
}

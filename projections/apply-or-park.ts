import type { RecordedEvent } from '../schemas/envelope.ts'
import { ApplyFailed, applyEvents } from './apply-events.ts'
import { splitIntoCommands } from './command-boundary.ts'
import { type HeldAggregates, park } from './held-aggregates.ts'
import { isOutage } from './is-outage.ts'
import type { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'
import { withoutPersonal } from './without-personal.ts'
import { type Discarded, withhold } from './withhold.ts'

/**
 * Applies whole commands within the transaction that is open, and parks those that cannot be applied: all others are
 * applied. What fails is halved until the command at fault is alone. Returns what is held afterwards, which the caller
 * must record. @throws what an outage throws.
 */
export async function applyOrPark(
  transaction: ProjectionTransaction,
  projector: Projector,
  events: readonly RecordedEvent[],
  before: HeldAggregates,
  discarded: Discarded,
): Promise<HeldAggregates> {
  const { free, held } = withhold(events, before, discarded, projector.concerns)
  if (free.length === 0) return held
  await transaction.query('savepoint piece', [])
  try {
    await applyEvents(transaction, projector, free)
    await transaction.query('release savepoint piece', [])
    return held
  } catch (error) {
    if (!(error instanceof ApplyFailed) || isOutage(error.cause)) throw error
    await transaction.query('rollback to savepoint piece', [])
    await transaction.query('release savepoint piece', [])
    const commands = splitIntoCommands(free)
    const [only, ...others] = commands
    if (only !== undefined && others.length === 0)
      return park(held, only, reason(error.cause, only), projector.concerns)
    const middle = Math.ceil(commands.length / 2)
    const half = await applyOrPark(transaction, projector, commands.slice(0, middle).flat(), held, discarded)
    return applyOrPark(transaction, projector, commands.slice(middle).flat(), half, discarded)
  }
}

function reason(cause: unknown, command: readonly RecordedEvent[]): string {
  const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return withoutPersonal(said, command).slice(0, 4_000)
}

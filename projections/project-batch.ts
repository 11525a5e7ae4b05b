import type { ClientBase } from 'pg'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'
import { ApplyFailed, applyEvents } from './apply-events.ts'
import { applyOrPark } from './apply-or-park.ts'
import { moveCheckpoint } from './checkpoint.ts'
import { type HeldAggregates, NOTHING_HELD } from './held-aggregates.ts'
import { inTransaction } from './in-transaction.ts'
import { isOutage } from './is-outage.ts'
import { recordHeld } from './parked.ts'
import { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'
import { type Discarded, NOTHING_DISCARDED, withhold } from './withhold.ts'

/**
 * Applies whole commands, parks those that cannot be applied, and moves the checkpoint to `to`, in one transaction: all
 * of it or nothing. `asOf`: ISO time before which all that was recorded is among them. Returns what is held afterwards.
 * @throws LostOwnership when the checkpoint is not at `from`; Halted when more would be held than may be; what an
 * outage throws.
 */
export async function projectBatch(
  client: ClientBase,
  projector: Projector,
  batch: {
    readonly events: readonly RecordedEvent[]
    readonly from: Position
    readonly to: number
    readonly asOf: string
    /** What the session's generation holds back already. */
    readonly held?: HeldAggregates
    readonly discarded?: Discarded
  },
): Promise<HeldAggregates> {
  const { events, from, to, asOf, held: before = NOTHING_HELD, discarded = NOTHING_DISCARDED } = batch
  const commit = (apply: (transaction: ProjectionTransaction) => Promise<HeldAggregates>): Promise<HeldAggregates> =>
    inTransaction(client, async () => {
      await moveCheckpoint(client, from, to, asOf)
      const now = await apply(new ProjectionTransaction(client))
      await recordHeld(client, before, now)
      return now
    })
  try {
    return await commit(async (transaction) => {
      const { free, held } = withhold(events, before, discarded, projector.concerns)
      await applyEvents(transaction, projector, free)
      return held
    })
  } catch (error) {
    if (!(error instanceof ApplyFailed) || isOutage(error.cause)) throw error
    // Only now with savepoints, which every batch would have to pay for.
    return commit((transaction) => applyOrPark(transaction, projector, events, before, discarded))
  }
}

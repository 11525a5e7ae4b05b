import type { ClientBase } from 'pg'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'
import { moveCheckpoint } from './checkpoint.ts'
import { inTransaction } from './in-transaction.ts'
import { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'

/** The projector could not take the events: their fault or its own, but no outage. */
export class ApplyFailed extends Error {
  override readonly name = 'ApplyFailed'
}

/**
 * Applies whole commands and moves the checkpoint to `to`, in one transaction: both or neither. `asOf`: ISO time before
 * which all that was recorded is among them.
 * @throws LostOwnership when the checkpoint is not at `from`; ApplyFailed with the cause when `apply` threw.
 */
export async function projectBatch(
  client: ClientBase,
  projector: Projector,
  batch: {
    readonly events: readonly RecordedEvent[]
    readonly from: Position
    readonly to: number
    readonly asOf: string
  },
): Promise<void> {
  await inTransaction(client, async () => {
    await moveCheckpoint(client, batch.from, batch.to, batch.asOf)
    await applyEvents(new ProjectionTransaction(client, false), projector, batch.events)
  })
}

/** Applies whole commands within the transaction that is open. @throws ApplyFailed */
export async function applyEvents(
  transaction: ProjectionTransaction,
  projector: Projector,
  events: readonly RecordedEvent[],
): Promise<void> {
  if (events.length === 0) return
  try {
    await projector.apply(events, transaction)
  } catch (error) {
    const range = `${events[0]?.sequence}–${events.at(-1)?.sequence}`
    throw new ApplyFailed(`${projector.name} cannot apply ${range}`, { cause: error })
  }
}

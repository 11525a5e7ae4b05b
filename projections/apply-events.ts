import type { RecordedEvent } from '../schemas/envelope.ts'
import { isUnreadable } from '../schemas/events/unreadable.ts'
import type { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'

/** The projector could not take the events: their fault or its own. Whether its `cause` is an outage, see isOutage. */
export class ApplyFailed extends Error {
  override readonly name = 'ApplyFailed'
}

/** Applies whole commands within the transaction that is open. @throws ApplyFailed */
export async function applyEvents(
  transaction: ProjectionTransaction,
  projector: Projector,
  events: readonly RecordedEvent[],
): Promise<void> {
  if (events.length === 0) return
  try {
    const unreadable = projector.eventVersions === 'any' ? undefined : events.find(isUnreadable)
    if (unreadable !== undefined) throw new TypeError(`what stands at ${unreadable.sequence} is no event`)
    await projector.apply(events, transaction)
  } catch (error) {
    const range = `${events[0]?.sequence}–${events.at(-1)?.sequence}`
    throw new ApplyFailed(`${projector.name} cannot apply ${range}`, { cause: error })
  }
}

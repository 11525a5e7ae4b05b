import { alias, type AliasState, isLive } from '../../domain/alias/alias.ts'
import type { Recorded } from '../../domain/decider.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { Moment } from './moment.ts'

/** One event of a slot. */
export interface SlotEvent {
  readonly event: AliasEvent
  readonly recorded: Recorded
}

/** The alias that lived in a slot at a moment, enabled or not, from the slot's events, oldest first. */
export function slotAsOf(events: readonly SlotEvent[], { position, at }: Moment): AliasView | undefined {
  const until = events.filter(({ recorded }) => recorded.sequence <= position.sequence)
  const last = until.at(-1)
  const state = until.reduce<AliasState>(
    (before, { event, recorded }) => alias.evolve(before, event, recorded),
    alias.initialState,
  )
  if (last === undefined || !isLive(state, at)) return undefined
  const { status: _, lookAlikes: __, ...view } = state
  const { recorded, event } = last
  return { ...view, scope: event.data.scope, updatedAt: recorded.time, revision: recorded.sequence }
}

import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import { evolveSlot, type Slot, type SlotKey, slotKey } from './alias-slot.ts'

/** An event and the slot that it is about. */
export interface AliasChange {
  readonly key: SlotKey
  readonly event: AliasEvent
  readonly recorded: RecordedEvent
}

export function aliasChange(recorded: RecordedEvent): AliasChange {
  return { key: slotKey(recorded.subject), event: readAliasEvent(recorded.envelope), recorded }
}

/** The first change of each slot, by its subject: what stood there before it, only the table knows. */
export function firstChanges(changes: readonly AliasChange[]): ReadonlyMap<string, AliasChange> {
  const first = new Map<string, AliasChange>()
  for (const change of changes) if (!first.has(change.recorded.subject)) first.set(change.recorded.subject, change)
  return first
}

/** Every slot as its last change leaves it, by its subject; also those of `before` that nothing changes. */
export function collapse(
  changes: readonly AliasChange[],
  before: ReadonlyMap<string, Slot>,
): ReadonlyMap<string, Slot> {
  const slots = new Map(before)
  for (const { key, event, recorded } of changes)
    slots.set(recorded.subject, evolveSlot(slots.get(recorded.subject), key, event, recorded))
  return slots
}

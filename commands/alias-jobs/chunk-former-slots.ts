import { slotsOfName } from '../../domain/alias/slot-index.ts'
import type { FormerSlot } from '../../schemas/commands/alias.ts'
import { MAX_WRITES } from '../event-store.ts'

/** A slot to restore, and its subject. */
export interface FormerSlotAt {
  readonly slot: FormerSlot
  readonly subject: string
}

/** Slots in sets that one command can restore; a group stays together unless it is larger than that by itself. */
export async function* chunkFormerSlots(
  groups: readonly (readonly FormerSlot[])[],
): AsyncGenerator<readonly FormerSlotAt[], void> {
  let [chunk, writes]: [FormerSlotAt[], number] = [[], 0]
  for (const group of groups) {
    const size = group.reduce((sum, { scope, name }) => sum + slotsOfName(scope, name).length, 0)
    for (const [i, slot] of group.entries()) {
      const subjects = slotsOfName(slot.scope, slot.name)
      const needed = i === 0 && size <= MAX_WRITES ? size : subjects.length
      if (writes + needed > MAX_WRITES) {
        yield chunk
        ;[chunk, writes] = [[], 0]
      }
      // A slot and that of its look are two events.
      writes += subjects.length
      chunk.push({ slot, subject: subjects[0] })
    }
  }
  if (chunk.length > 0) yield chunk
}

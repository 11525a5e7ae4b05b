import { slotsOf } from '../../domain/alias/alias.ts'
import type { FormerSlot } from '../../schemas/commands/alias.ts'
import { MAX_WRITES } from '../event-store.ts'

/** A slot to restore, and its subject. */
export interface FormerSlotAt {
  readonly slot: FormerSlot
  readonly subject: string
}

/** Slots in sets that one command can restore: each may take its look-alikes' slot with it. */
export async function* chunkFormerSlots(slots: readonly FormerSlot[]): AsyncGenerator<readonly FormerSlotAt[], void> {
  let [chunk, writes]: [FormerSlotAt[], number] = [[], 0]
  for (const slot of slots) {
    const subjects = slotsOf({ type: 'alias.restore-slots', data: { slots: [slot] } })
    if (writes + subjects.length > MAX_WRITES) {
      yield chunk
      ;[chunk, writes] = [[], 0]
    }
    writes += subjects.length
    chunk.push({ slot, subject: subjects[0] ?? '' })
  }
  if (chunk.length > 0) yield chunk
}

import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { Slot } from './alias-slot.ts'

/** Slots that are remembered; beyond, all are asked for. A few megabytes. */
const MOST = 100_000

/**
 * Which slots have no row in a bulk load, without asking the table. By the rules an alias comes to a free slot only, and of
 * those just the ones whose alias has expired may still have a row: the event that says so comes later, and not if another
 * alias came first. Should a log break the rules, the primary key tells, and the load begins again as a live owner, who asks for every row.
 */
export class SilentSlots {
  readonly #expiring = new Set<string>()

  /** Whether the slot may have a row before this event. Nothing that is known of it waits to be written. */
  mayHaveRow(subject: string, { type }: AliasEvent): boolean {
    if (type !== 'alias.registered' && type !== 'alias.renamed-here') return true
    return this.#expiring.has(subject) || this.#expiring.size >= MOST
  }

  /** The slot's row has been written so. */
  wrote(subject: string, { state }: Slot): void {
    const expires = state.status === 'taken' && state.expiresAt !== null
    if (expires && this.#expiring.size < MOST) this.#expiring.add(subject)
  }
}

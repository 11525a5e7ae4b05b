import type { ProjectionTransaction } from '../projection-transaction.ts'
import { type AliasChange, collapse, firstChanges } from './alias-change.ts'
import { aliasHistoryRows } from './alias-history-rows.ts'
import { type Slot, slotRow } from './alias-slot.ts'
import { ALIAS_HISTORY, ALIASES } from './alias-tables.ts'
import { SilentSlots } from './silent-slots.ts'
import { takeSlots } from './take-slots.ts'

/** Changes whose slots the table has been asked for. */
interface Asked {
  readonly changes: readonly AliasChange[]
  /** Each slot's first of them. */
  readonly first: ReadonlyMap<string, AliasChange>
  readonly taken: Promise<ReadonlyMap<string, Slot>>
  /** Slots as the batch before has left them, whose rows it has not written. */
  readonly handedOn: Map<string, Slot>
}

const loads = new WeakMap<ProjectionTransaction, SlotLoad>()

/**
 * A bulk load of slots and their history, one batch behind: while Postgres looks for the rows that a batch changes, those of
 * the batch before are made. Slots that are in both are handed on and not written in between.
 */
export class SlotLoad {
  readonly #transaction: ProjectionTransaction
  readonly #silent = new SilentSlots()
  #asked: Asked | undefined

  private constructor(transaction: ProjectionTransaction) {
    this.#transaction = transaction
  }

  static of(transaction: ProjectionTransaction): SlotLoad {
    const load = loads.get(transaction) ?? new SlotLoad(transaction)
    loads.set(transaction, load)
    return load
  }

  /** Writes the changes of the call before; these are written by the next, or by {@link finish}. */
  async add(changes: readonly AliasChange[]): Promise<void> {
    const before = this.#asked
    const first = firstChanges(changes)
    const keys = [...first]
      .filter(([subject, { event }]) => before?.first.has(subject) !== true && this.#silent.mayHaveRow(subject, event))
      .map(([, { key }]) => key)
    const taken = takeSlots(this.#transaction, keys)
    // It is awaited one batch later.
    taken.catch(() => undefined)
    this.#asked = { changes, first, taken, handedOn: new Map() }
    if (before !== undefined) await this.#write(before, this.#asked)
  }

  async finish(): Promise<void> {
    if (this.#asked !== undefined) await this.#write(this.#asked)
    this.#asked = undefined
  }

  async #write({ changes, taken, handedOn }: Asked, next?: Asked): Promise<void> {
    const after = collapse(changes, new Map([...(await taken), ...handedOn]))
    const rows = []
    for (const [subject, slot] of after) {
      if (next?.first.has(subject) === true) next.handedOn.set(subject, slot)
      else {
        this.#silent.wrote(subject, slot)
        const row = slotRow(slot)
        if (row !== undefined) rows.push(row)
      }
    }
    await this.#transaction.insert(ALIASES, rows)
    await this.#transaction.insert(ALIAS_HISTORY, changes.flatMap(aliasHistoryRows))
  }
}

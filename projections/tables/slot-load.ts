import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { AliasChange } from './alias-change.ts'
import { aliasHistoryRows } from './alias-history-rows.ts'
import { evolveSlot, type Slot, slotRow } from './alias-slot.ts'
import { ALIAS_HISTORY, ALIASES } from './alias-tables.ts'
import { SilentSlots } from './silent-slots.ts'
import { takeSlots } from './take-slots.ts'

/** Changes of slots whose rows must be seen first: of each slot, by its subject, in their order. */
type Waiting = ReadonlyMap<string, AliasChange[]>

/** Slots that the table has been asked for. Their rows are gone from it; what becomes of them is not yet written. */
interface Asked {
  readonly waiting: Waiting
  readonly taken: Promise<ReadonlyMap<string, Slot>>
}

/**
 * So many changes wait before the table is asked, and as many are made while it looks: a question ends a COPY and is
 * answered when all rows before it are in. Many more would be kept in memory for longer than garbage should live.
 */
const MOST_WAITING = 500

const loads = new WeakMap<ProjectionTransaction, SlotLoad>()

/**
 * A bulk load of slots and their history. What comes to a free slot is written at once, which is nearly all. Changes of a slot that
 * may have a row wait for it, many together, and the load goes on meanwhile: whatever else changes such a slot waits behind them.
 */
export class SlotLoad {
  readonly #transaction: ProjectionTransaction
  readonly #silent = new SilentSlots()
  /** A slot stands here or among those asked for, never in both. */
  #waiting = new Map<string, AliasChange[]>()
  #asked: Asked | undefined
  /** Changes that wait, since the table was asked last. */
  #count = 0

  private constructor(transaction: ProjectionTransaction) {
    this.#transaction = transaction
  }

  static of(transaction: ProjectionTransaction): SlotLoad {
    const load = loads.get(transaction) ?? new SlotLoad(transaction)
    loads.set(transaction, load)
    return load
  }

  async add(changes: readonly AliasChange[]): Promise<void> {
    const slots = new Map<string, Slot>()
    for (const change of changes) {
      const { subject } = change.recorded
      const waiting = this.#asked?.waiting.get(subject) ?? this.#waiting.get(subject)
      const slot = slots.get(subject)
      if (waiting !== undefined) waiting.push(change)
      else if (slot === undefined && this.#silent.mayHaveRow(subject, change.event))
        this.#waiting.set(subject, [change])
      else {
        slots.set(subject, after(slot, change))
        continue
      }
      this.#count++
    }
    await this.#write(slots)
    await this.#transaction.insert(ALIAS_HISTORY, changes.flatMap(aliasHistoryRows))
    if (this.#count >= MOST_WAITING) await this.#ask()
  }

  /** Writes all that waits. */
  async finish(): Promise<void> {
    await this.#ask()
    await this.#ask()
  }

  /** Asks for the slots that wait, and writes those that were asked for before. */
  async #ask(): Promise<void> {
    const before = this.#asked
    const waiting = this.#waiting
    const keys = [...waiting.values()].flatMap(([first]) => first?.key ?? [])
    const taken = takeSlots(this.#transaction, keys)
    // It is awaited when the table is asked again.
    taken.catch(() => undefined)
    this.#asked = { waiting, taken }
    this.#waiting = new Map()
    this.#count = 0
    if (before === undefined) return
    const slots = new Map(await before.taken)
    for (const [subject, changes] of before.waiting)
      for (const change of changes) slots.set(subject, after(slots.get(subject), change))
    await this.#write(slots)
  }

  async #write(slots: ReadonlyMap<string, Slot>): Promise<void> {
    const rows = []
    for (const [subject, slot] of slots) {
      this.#silent.wrote(subject, slot)
      const row = slotRow(slot)
      if (row !== undefined) rows.push(row)
    }
    await this.#transaction.insert(ALIASES, rows)
  }
}

function after(slot: Slot | undefined, { key, event, recorded }: AliasChange): Slot {
  return evolveSlot(slot, key, event, recorded)
}

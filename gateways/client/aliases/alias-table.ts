import type { Scope } from '../../../schemas/scope.ts'
import { type FoldedName, hashWords, wordsOf } from './folded-name.ts'
import { type ResolvedAlias, targetKind } from './resolved-alias.ts'

/** What a name is set to; where, is told beside. */
export type AliasValue = Pick<ResolvedAlias, 'name' | 'target' | 'id' | 'expiresAt'>

/** Words of a record, in front of those of its key. */
const ROW = 0
/** The node's ordinal, and in the low bits the key's length in bytes. */
const NODE_BYTES = 1
/** Place of the next record whose target has the same hash. */
const NEXT_OF_TARGET = 2
const ID = 3
const EXPIRES = 5
const KEY = 7

const BYTES_BITS = 14
const MOST_NODES = 2 ** (31 - BYTES_BITS)
/** A slot is a tag, 6 bits of the hash, and the place of a record, in units of 2 words; 0 is empty. */
const PLACE_BITS = 26
const PLACE = 2 ** PLACE_BITS - 1
/** Names fill half of the slots at most: that an absent name is absent shows at one glance or two. */
const SLOTS_PER_NAME = 2
const WORDS_PER_NAME = 13

/** No record. */
export const ABSENT = -1

/**
 * Aliases of one index scope by node and name key: open addressing over integers. A lookup in a `Map` would make the
 * lower-case string of every name that is asked for, and touch five or six places in memory; here it goes to a slot,
 * to the record with the key, and to the strings, and an expiry is seen in the record.
 * A removed name keeps its record until the table is copied, see {@link wasteful}.
 */
export class AliasTable {
  /** By node ordinal; 0 is the index scope's own level. Shared with copies, and only ever added to. */
  readonly scopes: readonly Scope[]
  #slots: Int32Array<ArrayBuffer>
  #records: Int32Array<ArrayBuffer>
  /** The first place stays free: none is 0. */
  #end = 2
  /**
   * The target and the name of each row; of a removed one, nothing. Once somebody asked for it, the whole alias
   * in place of the target: most names are never asked for, and those that are, again and again.
   */
  readonly #values: (ResolvedAlias | string | undefined)[] = []
  #targets: Int32Array<ArrayBuffer>
  #removed = 0

  /** So many names have room before it grows. */
  constructor(scopes: readonly Scope[], expected = 0) {
    this.scopes = scopes
    this.#slots = new Int32Array(2 ** Math.max(6, Math.ceil(Math.log2(expected * SLOTS_PER_NAME))))
    this.#targets = new Int32Array(this.#slots.length / SLOTS_PER_NAME)
    this.#records = new Int32Array(Math.max(256, expected * WORDS_PER_NAME))
  }

  /** Aliases it holds. */
  get size(): number {
    return this.#rows - this.#removed
  }

  /** More room is kept for names that were removed than for those that are there: time to copy. */
  get wasteful(): boolean {
    return this.#removed > 1024 && this.#removed > this.size
  }

  /** The record of a name, expired or not, or {@link ABSENT}. It stands until the table changes. */
  find(name: FoldedName, node: number): number {
    const record = this.#record(name, node)
    return record === ABSENT || this.#values[this.#row(record)] === undefined ? ABSENT : record
  }

  /** Epoch milliseconds, or 0: never. */
  expiresAt(record: number): number {
    return this.#number(record + EXPIRES)
  }

  /** The alias: one object for all who ask, as long as it is the same. */
  read(record: number): ResolvedAlias {
    const row = this.#row(record)
    const value = this.#values[row]
    if (typeof value === 'object') return value
    const alias = this.copy(record)
    this.#values[row] = Object.freeze(alias)
    return alias
  }

  /** The alias as an object that is not kept: for those who go through all of them. */
  copy(record: number): ResolvedAlias {
    const target = this.#target(record)
    const name = this.#values[this.#row(record) + 1]
    const scope = this.scopes[(this.#records[record + NODE_BYTES] ?? 0) >> BYTES_BITS]
    if (target === undefined || typeof name !== 'string' || scope === undefined)
      throw new RangeError('a record of nothing')
    const id = this.#number(record + ID)
    return { name, target, kind: targetKind(target), scope, id, expiresAt: this.expiresAt(record) }
  }

  /** @throws RangeError when the table can hold no more. */
  set(name: FoldedName, node: number, value: AliasValue): void {
    let record = this.#record(name, node)
    if (record === ABSENT) record = this.#add(name, node)
    const row = this.#row(record)
    const before = this.#target(record)
    if (before === undefined) this.#removed--
    if (before !== value.target) {
      if (before !== undefined) this.#unlink(record, before)
      this.#link(record, value.target)
    }
    this.#values[row] = value.target
    this.#values[row + 1] = value.name
    this.#write(record + ID, value.id)
    this.#write(record + EXPIRES, value.expiresAt)
  }

  remove(name: FoldedName, node: number): void {
    const record = this.find(name, node)
    if (record === ABSENT) return
    const row = this.#row(record)
    this.#unlink(record, this.#target(record) ?? '')
    this.#values[row] = undefined
    this.#values[row + 1] = undefined
    this.#removed++
  }

  /** Records of the aliases of a target, at whatever node. */
  *ofTarget(target: string): Generator<number, void, undefined> {
    for (let place = this.#targets[this.#chain(target)] ?? 0; place !== 0;) {
      const record = place * 2
      if (this.#target(record) === target) yield record
      place = this.#records[record + NEXT_OF_TARGET] ?? 0
    }
  }

  /** The record after this one, or the first after {@link ABSENT}; ABSENT after the last. */
  next(record: number): number {
    let at = record === ABSENT ? 2 : this.#after(record)
    while (at < this.#end && this.#values[this.#row(at)] === undefined) at = this.#after(at)
    return at < this.#end ? at : ABSENT
  }

  get #rows(): number {
    return this.#values.length / 2
  }

  #row(record: number): number {
    return this.#records[record + ROW] ?? 0
  }

  #target(record: number): string | undefined {
    const value = this.#values[this.#row(record)]
    return typeof value === 'object' ? value.target : value
  }

  #after(record: number): number {
    return evenUp(record + KEY + wordsOf((this.#records[record + NODE_BYTES] ?? 0) & (2 ** BYTES_BITS - 1)))
  }

  #record(name: FoldedName, node: number): number {
    const hash = spread(name.hash, node)
    const slots = this.#slots
    const mask = slots.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] ?? 0
      if (slot === 0) return ABSENT
      if ((slot ^ hash) >>> PLACE_BITS !== 0) continue
      const record = (slot & PLACE) * 2
      if (this.#holds(record, name, node)) return record
    }
  }

  #holds(record: number, name: FoldedName, node: number): boolean {
    const records = this.#records
    const { words, bytes } = name
    if (records[record + NODE_BYTES] !== ((node << BYTES_BITS) | bytes)) return false
    const count = wordsOf(bytes)
    for (let i = 0; i < count; i++) if (records[record + KEY + i] !== words[i]) return false
    return true
  }

  /** A record that is counted as removed until it holds something. */
  #add(name: FoldedName, node: number): number {
    const record = this.#end
    const count = wordsOf(name.bytes)
    const end = evenUp(record + KEY + count)
    if (end / 2 > PLACE || node >= MOST_NODES)
      throw new RangeError(`no table holds ${this.#rows} names of ${node} nodes`)
    if (this.#rows * SLOTS_PER_NAME >= this.#slots.length) this.#growSlots()
    if (end > this.#records.length) this.#growRecords(end)
    this.#records[record + ROW] = this.#values.push(undefined, undefined) - 2
    this.#records[record + NODE_BYTES] = (node << BYTES_BITS) | name.bytes
    this.#records.set(name.words.subarray(0, count), record + KEY)
    this.#end = end
    this.#removed++
    this.#place(record, spread(name.hash, node))
    return record
  }

  #place(record: number, hash: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = hash & mask
    while (slots[at] !== 0) at = (at + 1) & mask
    slots[at] = (hash & ~PLACE) | (record / 2)
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    this.#targets = new Int32Array(this.#targets.length * 2)
    for (let record = 2; record < this.#end; record = this.#after(record)) {
      const nodeBytes = this.#records[record + NODE_BYTES] ?? 0
      const hash = hashWords(this.#records, record + KEY, nodeBytes & (2 ** BYTES_BITS - 1))
      this.#place(record, spread(hash, nodeBytes >> BYTES_BITS))
      const target = this.#target(record)
      if (target !== undefined) this.#link(record, target)
    }
  }

  #growRecords(atLeast: number): void {
    const before = this.#records
    this.#records = new Int32Array(Math.max(atLeast, Math.ceil(before.length * 1.5)))
    this.#records.set(before)
  }

  #chain(target: string): number {
    return hashText(target) & (this.#targets.length - 1)
  }

  #link(record: number, target: string): void {
    const chain = this.#chain(target)
    this.#records[record + NEXT_OF_TARGET] = this.#targets[chain] ?? 0
    this.#targets[chain] = record / 2
  }

  #unlink(record: number, target: string): void {
    const chain = this.#chain(target)
    const after = this.#records[record + NEXT_OF_TARGET] ?? 0
    let place = this.#targets[chain] ?? 0
    if (place === record / 2) this.#targets[chain] = after
    else {
      while (this.#records[place * 2 + NEXT_OF_TARGET] !== record / 2)
        place = this.#records[place * 2 + NEXT_OF_TARGET] ?? 0
      this.#records[place * 2 + NEXT_OF_TARGET] = after
    }
  }

  #number(at: number): number {
    const low = this.#records[at] ?? 0
    const high = this.#records[at + 1] ?? 0
    // Most are small, and stay the small integers that need no memory of their own.
    return high === 0 && low >= 0 ? low : (low >>> 0) + high * 2 ** 32
  }

  #write(at: number, value: number): void {
    this.#records[at] = value | 0
    this.#records[at + 1] = Math.floor(value / 2 ** 32)
  }
}

function evenUp(words: number): number {
  return (words + 1) & ~1
}

function spread(hash: number, node: number): number {
  const spreaded = Math.imul(hash ^ Math.imul(node + 1, 0x85ebca6b), 0xc2b2ae35)
  return spreaded ^ (spreaded >>> 15)
}

function hashText(text: string): number {
  let hash = text.length
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

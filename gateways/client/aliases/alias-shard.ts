import type { AliasIndexEntries } from '../../../schemas/alias-index.ts'
import type { IndexScope } from '../../../schemas/alias-index.ts'
import type { Scope } from '../../../schemas/scope.ts'
import { ABSENT, AliasTable, type AliasValue } from './alias-table.ts'
import { FoldedName } from './folded-name.ts'
import type { ResolvedAlias } from './resolved-alias.ts'
import type { Slices } from './slices.ts'

/** The node of an index scope's own level in a table. */
export const OWN_LEVEL = 0

/**
 * One index scope in memory: a site with its nodes, a context, or global. What reads it sees whole versions only: a new
 * one is filled beside the one that answers, in slices, and takes its place in one step; a few changes are made in it, in
 * one turn of the event loop.
 */
export class AliasShard {
  readonly scope: IndexScope
  /** Nodes keep their ordinals for as long as the shard lives. */
  readonly #nodes = new Map<string, number>()
  readonly #scopes: Scope[]
  readonly #name = new FoldedName()
  #table: AliasTable
  #revision = 0

  constructor(scope: IndexScope) {
    this.scope = scope
    this.#scopes = [scope]
    this.#table = this.empty()
  }

  get table(): AliasTable {
    return this.#table
  }

  /** Grows with whatever changes what is read: remembered answers are good for as long as it stands. */
  get revision(): number {
    return this.#revision
  }

  /** The ordinal of a node, whether it has aliases or not; of the scope's own level for null. */
  node(node: string | null): number {
    if (node === null) return OWN_LEVEL
    if (this.scope.kind !== 'site') throw new RangeError(`${this.scope.kind} has no nodes, so no "${node}"`)
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const ordinal = this.#scopes.push({ kind: 'node', site: this.scope.site, node }) - 1
    this.#nodes.set(node, ordinal)
    return ordinal
  }

  empty(expected = 0): AliasTable {
    return new AliasTable(this.#scopes, expected)
  }

  /** The table answers from now on. */
  swap(table: AliasTable): void {
    this.#table = table
    this.#revision++
  }

  /** The same aliases without the room that removed ones took, and with room for more. */
  async copy(more: number, slices: Slices): Promise<AliasTable> {
    const from = this.#table
    const copy = this.empty(from.size + more)
    for (let record = from.next(ABSENT); record !== ABSENT; record = from.next(record)) {
      if (slices.isFull()) await slices.pause()
      const alias = from.copy(record)
      this.#name.fold(alias.name)
      copy.set(this.#name, this.nodeOf(alias), alias)
    }
    return copy
  }

  /** Puts entries in, in slices; nobody else may write to the table meanwhile. */
  async fill(table: AliasTable, entries: readonly AliasIndexEntries[], slices: Slices): Promise<void> {
    for (const { node, names, targets, ids, expires } of entries) {
      const ordinal = this.node(node)
      for (let i = 0; i < names.length; i++) {
        if (slices.isFull()) await slices.pause()
        const value = { name: names[i] ?? '', target: targets[i] ?? '', id: ids[i] ?? 0, expiresAt: expires[i] ?? 0 }
        this.set(table, ordinal, value)
      }
    }
  }

  set(table: AliasTable, node: number, value: AliasValue): void {
    if (!this.#name.fold(value.name)) throw new RangeError(`a name of ${value.name.length} characters`)
    table.set(this.#name, node, value)
    this.#revision++
  }

  remove(table: AliasTable, node: number, key: string): void {
    this.#name.takeKey(key)
    table.remove(this.#name, node)
    this.#revision++
  }

  /** The alias of a name key, expired or not. */
  get(table: AliasTable, node: number, key: string): ResolvedAlias | undefined {
    this.#name.takeKey(key)
    const record = table.find(this.#name, node)
    return record === ABSENT ? undefined : table.copy(record)
  }

  nodeOf({ scope }: ResolvedAlias): number {
    return scope.kind === 'node' ? this.node(scope.node) : OWN_LEVEL
  }
}

import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Table } from '../table.ts'

/** A pair of a link table, by its two columns in their order. */
export interface Pair {
  readonly left: string
  readonly right: string
}

interface Link extends Pair {
  isThere: boolean
  /** It was unlinked before it was linked, so it stood before the batch. */
  readonly stood: boolean
}

/**
 * The links of one table on their way through a batch, without loading them: which pairs were linked and unlinked, and
 * which ids ended, taking all their links with them.
 */
export class FleetLinks {
  readonly #table: Table
  readonly #columns: readonly [left: string, right: string]
  readonly #pairs = new Map<string, Link>()
  /** Where each first ended. */
  readonly #ended = { left: new Map<string, number>(), right: new Map<string, number>() }

  constructor(table: Table) {
    this.#table = table
    const [left = '', right = ''] = Object.keys(table.columns)
    this.#columns = [left, right]
  }

  /** False when it changes nothing: the link went with one of its ends before. */
  set(left: string, right: string, isThere: boolean): boolean {
    const key = `${left} ${right}`
    const known = this.#pairs.get(key)
    if (known !== undefined) {
      if (known.isThere === isThere) return false
      known.isThere = isThere
    } else if (!isThere && (this.#ended.left.has(left) || this.#ended.right.has(right))) return false
    else this.#pairs.set(key, { left, right, isThere, stood: !isThere })
    return true
  }

  /** The thing on this side is no more. Returns its links that this batch has made; {@link write} tells of the others. */
  end(side: 'left' | 'right', id: string, position: number): readonly Pair[] {
    const ended = this.#ended[side]
    if (!ended.has(id)) ended.set(id, position)
    const gone = [...this.#pairs.values()].filter((link) => link.isThere && link[side] === id)
    for (const link of gone) link.isThere = false
    return gone
  }

  /**
   * Writes all of it. Returns the links that stood before the batch and went with one of their ends, and where; and the
   * pairs that were to be unlinked and did not stand, since they had gone so in an earlier batch.
   */
  async write(
    transaction: ProjectionTransaction,
  ): Promise<{ readonly gone: readonly (Pair & { readonly at: number })[]; readonly missing: readonly Pair[] }> {
    const pairs = [...this.#pairs.values()]
    const missing = await this.#delete(
      pairs.filter(({ stood }) => stood),
      transaction,
    )
    const gone = await this.#deleteEnded(transaction)
    const [left, right] = this.#columns
    const there = pairs.filter(({ isThere }) => isThere)
    await transaction.insert(
      this.#table,
      there.map((pair) => ({ [left]: pair.left, [right]: pair.right })),
    )
    return { gone, missing }
  }

  /** Returns those that were not there. */
  async #delete(pairs: readonly Pair[], transaction: ProjectionTransaction): Promise<readonly Pair[]> {
    if (pairs.length === 0) return []
    const [left, right] = this.#columns
    const deleted = await transaction.query<{ left: string; right: string }>(
      `delete from ${this.#table.name} using unnest($1::text[], $2::text[]) as pair (l, r)
       where ${left} = pair.l and ${right} = pair.r
       returning ${left} as "left", ${right} as "right"`,
      [pairs.map((pair) => pair.left), pairs.map((pair) => pair.right)],
    )
    const stood = new Set(deleted.map((pair) => `${pair.left} ${pair.right}`))
    return pairs.filter((pair) => !stood.has(`${pair.left} ${pair.right}`))
  }

  async #deleteEnded(transaction: ProjectionTransaction): Promise<readonly (Pair & { readonly at: number })[]> {
    const ended = this.#ended
    if (ended.left.size + ended.right.size === 0) return []
    const [left, right] = this.#columns
    const deleted = await transaction.query<{ left: string; right: string }>(
      `delete from ${this.#table.name} where ${left} = any($1::text[]) or ${right} = any($2::text[])
       returning ${left} as "left", ${right} as "right"`,
      [[...ended.left.keys()], [...ended.right.keys()]],
    )
    return deleted.map((pair) => ({
      ...pair,
      at: Math.min(ended.left.get(pair.left) ?? Infinity, ended.right.get(pair.right) ?? Infinity),
    }))
  }
}

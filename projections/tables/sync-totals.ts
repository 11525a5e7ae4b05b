import type { ProjectionTransaction } from '../projection-transaction.ts'

/** `rows-added` and `rows-removed`: by table, of what devices were handed since what they were handed before. */
export type TotalKind = 'requests' | 'acks' | 'rows-added' | 'rows-removed'

/** What a batch adds to the totals. */
export class SyncTotals {
  readonly #sums = new Map<string, { readonly kind: TotalKind; readonly label: string; sum: number }>()

  add(kind: TotalKind, label: string, sum: number): void {
    if (sum === 0) return
    const key = `${kind}\n${label}`
    const before = this.#sums.get(key)
    if (before === undefined) this.#sums.set(key, { kind, label, sum })
    else before.sum += sum
  }

  async write(transaction: ProjectionTransaction): Promise<void> {
    if (this.#sums.size === 0) return
    const sums = [...this.#sums.values()]
    await transaction.query(
      `insert into sync_totals (kind, label, total)
       select * from unnest($1::text[], $2::text[], $3::bigint[])
       on conflict (kind, label) do update set total = sync_totals.total + excluded.total`,
      [sums.map(({ kind }) => kind), sums.map(({ label }) => label), sums.map(({ sum }) => sum)],
    )
  }
}

import type { ProjectionTransaction } from '../projection-transaction.ts'
import { dayOf } from './sync-retention.ts'

/** `rows-added` and `rows-removed`: by table, of what devices were handed since what they were handed before. */
export type TotalKind = 'requests' | 'acks' | 'rows-added' | 'rows-removed'

interface Sum {
  readonly kind: TotalKind
  readonly label: string
  readonly day: string
  sum: number
}

/** What a batch adds to the totals of its days. */
export class SyncTotals {
  readonly #sums = new Map<string, Sum>()

  /** @param at when it happened, ISO. */
  add(kind: TotalKind, label: string, sum: number, at: string): void {
    if (sum === 0) return
    const day = dayOf(at)
    const key = `${kind}\n${label}\n${day}`
    const before = this.#sums.get(key)
    if (before === undefined) this.#sums.set(key, { kind, label, day, sum })
    else before.sum += sum
  }

  async write(transaction: ProjectionTransaction): Promise<void> {
    const sums = [...this.#sums.values()]
    const isOutcome = ({ kind }: Sum): boolean => kind === 'requests' || kind === 'acks'
    await add('sync_outcomes', sums.filter(isOutcome), transaction)
    await add(
      'sync_deltas',
      sums.filter((sum) => !isOutcome(sum)),
      transaction,
    )
  }
}

async function add(
  table: 'sync_outcomes' | 'sync_deltas',
  sums: readonly Sum[],
  transaction: ProjectionTransaction,
): Promise<void> {
  if (sums.length === 0) return
  await transaction.query(
    `insert into ${table} (kind, label, day, total)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[])
     on conflict (kind, label, day) do update set total = ${table}.total + excluded.total`,
    [
      sums.map(({ kind }) => kind),
      sums.map(({ label }) => label),
      sums.map(({ day }) => day),
      sums.map(({ sum }) => sum),
    ],
  )
}

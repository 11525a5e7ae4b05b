import type { ProjectionTransaction } from '../projection-transaction.ts'

/** Their content has changed, at these positions; earlier ones than before where a parked event is replayed. */
export async function markDue(
  transaction: ProjectionTransaction,
  changedAt: ReadonlyMap<string, number>,
): Promise<void> {
  if (changedAt.size === 0) return
  await transaction.query(
    `insert into index_scopes (scope_key, changed_at, due_at)
     select scope_key, changed_at, changed_at from unnest($1::text[], $2::bigint[]) as changed (scope_key, changed_at)
     on conflict (scope_key) do update
     set changed_at = greatest(index_scopes.changed_at, excluded.changed_at),
       due_at = greatest(index_scopes.due_at, excluded.due_at)`,
    [[...changedAt.keys()], [...changedAt.values()]],
  )
}

import type { AliasJobEvent } from '../../schemas/events/alias-job.ts'
import { readAliasJobEvent } from '../../schemas/events/read-alias-job-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'

/** While a job runs it holds the scopes back that it names; when it ends, for good or bad, they are due. */
export async function applyJobEvents(
  events: readonly RecordedEvent[],
  transaction: ProjectionTransaction,
): Promise<void> {
  for (const { sequence, envelope } of events) await applyOne(readAliasJobEvent(envelope), sequence, transaction)
}

async function applyOne(event: AliasJobEvent, sequence: number, transaction: ProjectionTransaction): Promise<void> {
  switch (event.type) {
    case 'alias-job.started':
      await transaction.query(
        `insert into index_jobs (job_id, scope_key) select $1, scope_key from unnest($2::text[]) as held (scope_key)
         on conflict do nothing`,
        [event.data.jobId, event.data.indexScopes],
      )
      return
    case 'alias-job.completed':
    case 'alias-job.failed':
      await transaction.query(
        `with released as (delete from index_jobs where job_id = $1 returning scope_key)
         insert into index_scopes (scope_key, changed_at, due_at) select scope_key, 0, $2::bigint from released
         on conflict (scope_key) do update set due_at = greatest(index_scopes.due_at, excluded.due_at)`,
        [event.data.jobId, sequence],
      )
  }
}

import type { AliasJobState } from '../../domain/alias/alias-job.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import { aliasJobs, aliasJobSubject } from './alias-jobs.ts'
import type { JobPorts } from './job-ports.ts'

/** A job as the log tells it. @throws EventStoreUnavailable when it cannot be read. */
export async function readJob(jobId: JobId, { store }: Pick<JobPorts, 'store'>): Promise<AliasJobState> {
  const { initialState, evolve } = aliasJobs.decider
  const events = await store.readAggregate(aliasJobSubject(jobId))
  return events.reduce(
    (before, { sequence, envelope }) =>
      evolve(before, aliasJobs.readEvent(envelope), { sequence, time: envelope.time, actor: envelope.actor }),
    initialState,
  )
}

import { aliasJob, type AliasJobState } from '../../domain/alias/alias-job.ts'
import type { IndexScope } from '../../schemas/alias-index.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import { type AliasJobCommand, aliasJobCommandData } from '../../schemas/commands/alias-job.ts'
import type { AliasJobEvent } from '../../schemas/events/alias-job.ts'
import { readAliasJobEvent } from '../../schemas/events/read-alias-job-event.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import type { Permission } from '../access-policy.ts'
import type { AggregateDefinition } from '../command-handler.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'

/** Imports and rollbacks: one aggregate per job, `evt.alias-job.<jobId>`. Only who runs one gives these commands. */
export const aliasJobs: AggregateDefinition<AliasJobState, AliasJobCommand, AliasJobEvent> = {
  decider: aliasJob,
  commands: {
    'alias-job.start': { data: aliasJobCommandData['alias-job.start'], aggregates, permission, internal: true },
    'alias-job.complete': { data: aliasJobCommandData['alias-job.complete'], aggregates, permission, internal: true },
    'alias-job.fail': { data: aliasJobCommandData['alias-job.fail'], aggregates, permission, internal: true },
  },
  readEvent: readAliasJobEvent,
  versionOf: currentVersion,
}

/** The subject that holds the whole life of one job. */
export function aliasJobSubject(jobId: JobId): AggregateSubject {
  return aggregateSubject('alias-job', jobId)
}

function aggregates({ jobId }: { jobId: JobId }): readonly AggregateSubject[] {
  return [aliasJobSubject(jobId)]
}

/** A job holds back the index of whole sites and contexts, so it needs a right to each of them. */
function permission({ indexScopes }: { indexScopes: readonly IndexScope[] }): readonly Permission[] {
  return indexScopes.map((scope) => ({ action: 'write', on: 'alias', scope }))
}

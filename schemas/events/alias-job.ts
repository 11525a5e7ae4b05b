import { z } from 'zod'
import { jobCounts, jobId, jobKind } from '../alias-job.ts'

/** Event data by event name; the schema version of each is 1. From `started` to the end no scope named is published. */
export const aliasJobEventData = {
  'alias-job.started': z.strictObject({
    jobId,
    kind: jobKind,
    /** Keys of the index scopes that the job may change: `global`, `site.KSEA`, `context.frontend`. */
    indexScopes: z.array(z.string()),
    /** sha256 of what the job is to do: going on with something else under the same id is refused. */
    digest: z.string(),
  }),
  'alias-job.completed': z.strictObject({ jobId, counts: jobCounts }),
  'alias-job.failed': z.strictObject({ jobId, reason: z.string(), counts: jobCounts }),
} as const

export type AliasJobEventName = keyof typeof aliasJobEventData
export type AliasJobEvent = {
  [N in AliasJobEventName]: { readonly type: N; readonly data: z.infer<(typeof aliasJobEventData)[N]> }
}[AliasJobEventName]

import { z } from 'zod'
import { indexScope } from '../alias-index.ts'
import { jobCounts, jobId, jobKind } from '../alias-job.ts'
import { grouped } from '../grouped.ts'

/** Most index scopes that one job may touch: their keys stand in one event. */
export const MAX_JOB_SCOPES = 10_000

/** Command data by command type. They are given by whoever runs the job, and by no sender. */
export const aliasJobCommandData = {
  'alias-job.start': z.strictObject({
    jobId,
    kind: jobKind,
    indexScopes: z
      .array(indexScope)
      .min(1, 'a job touches at least one index scope')
      .max(MAX_JOB_SCOPES, `a job touches at most ${grouped(MAX_JOB_SCOPES)} sites and contexts`),
    digest: z.string(),
  }),
  'alias-job.complete': z.strictObject({ jobId, indexScopes: z.array(indexScope), counts: jobCounts }),
  'alias-job.fail': z.strictObject({
    jobId,
    indexScopes: z.array(indexScope),
    reason: z.string().min(1),
    counts: jobCounts,
  }),
} as const

export type AliasJobCommandType = keyof typeof aliasJobCommandData
export type AliasJobCommand = {
  [T in AliasJobCommandType]: { readonly type: T; readonly data: z.infer<(typeof aliasJobCommandData)[T]> }
}[AliasJobCommandType]

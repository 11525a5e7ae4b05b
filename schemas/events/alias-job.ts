import { z } from 'zod'

const job = { jobId: z.string().min(1) }
/** Keys of index scopes (see `indexScopeKey`) that the job changes: nothing of them is published until it ends. */
const indexScopes = z.array(z.string().min(1))

/** Event data by event name, as far as projections need it; the schema version of each is 1. */
export const aliasJobEventData = {
  'alias-job.started': z.looseObject({ ...job, kind: z.string(), indexScopes }),
  'alias-job.progressed': z.looseObject({ ...job, indexScopes: indexScopes.default([]) }),
  'alias-job.completed': z.looseObject(job),
  'alias-job.failed': z.looseObject(job),
} as const

export type AliasJobEventName = keyof typeof aliasJobEventData
export type AliasJobEvent = {
  [N in AliasJobEventName]: { readonly type: N; readonly data: z.infer<(typeof aliasJobEventData)[N]> }
}[AliasJobEventName]

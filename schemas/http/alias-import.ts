import { z } from 'zod'
import { jobCounts, jobId } from '../alias-job.ts'
import { scope } from '../scope.ts'

const flag = z.enum(['true', 'false'], 'must be true or false')

/** `POST /api/aliases/import`. */
export const importQuery = z.object({
  jobId: jobId.optional().describe('Given again with the same file, an import that was cut off goes on'),
  dryRun: flag.optional().describe('Say what would change, line by line, and change nothing'),
  onBadLine: z
    .enum(['stop', 'skip'], 'must be stop or skip')
    .default('stop')
    .describe('stop: one bad line, and nothing is imported; skip: the good lines are'),
  replace: flag.optional().describe('Also remove what is in the scopes of the file and not in the file'),
})

/** One line of the answer to an import or a rollback, as NDJSON; the last is the report. */
export const jobMessage = z.discriminatedUnion('type', [
  /** `total` in lines of an import, in names of a rollback. */
  z.object({ type: z.literal('progress'), jobId, done: z.int(), total: z.int(), counts: jobCounts }),
  /** A line that was not, or could not be, taken; for a rollback a name. */
  z.object({
    type: z.literal('problem'),
    line: z.int().optional(),
    scope: scope.optional(),
    name: z.string().optional(),
    code: z.string(),
    message: z.string(),
  }),
  /** With a dry run: what would change. */
  z.object({
    type: z.literal('change'),
    line: z.int().optional(),
    change: z.enum(['added', 'changed', 'removed']),
    scope,
    name: z.string(),
    /** In which ways, in the words of the operations. */
    by: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('report'),
    jobId,
    /**
     * `refused`: nothing was done. `interrupted`: the job goes on when it is given again with the same id; until then the
     * index of its scopes stands still. `failed`: what `counts` says was done, and nothing more will be.
     */
    status: z.enum(['completed', 'failed', 'refused', 'interrupted']),
    dryRun: z.literal(true).optional(),
    reason: z.string().optional(),
    counts: jobCounts,
    /** Up to here the log holds all that the job did. */
    position: z.string().optional(),
  }),
])
export type JobMessage = z.infer<typeof jobMessage>

import { z } from 'zod'

/** Names one import or rollback for ever: given again, it goes on with what is left of it. A ULID. */
export const jobId = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID (26 characters of Crockford base 32)')
  .brand<'JobId'>()
export type JobId = z.infer<typeof jobId>

export const jobKind = z.enum(['import', 'rollback'])
export type JobKind = z.infer<typeof jobKind>

/** What became of the names that a job is about. */
export const jobCounts = z.strictObject({
  added: z.int().min(0),
  changed: z.int().min(0),
  removed: z.int().min(0),
  unchanged: z.int().min(0),
  /** Bad lines, and what the rules do not allow. */
  refused: z.int().min(0),
  /** Left as they are, since somebody else changed them after the job began. */
  conflicts: z.int().min(0),
})
export type JobCounts = z.infer<typeof jobCounts>

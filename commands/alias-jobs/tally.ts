import type { JobCounts } from '../../schemas/alias-job.ts'

/** Counts that a job adds to as it goes on. */
export type Tally = { -readonly [K in keyof JobCounts]: JobCounts[K] }

export function newTally(refused = 0): Tally {
  return { added: 0, changed: 0, removed: 0, unchanged: 0, refused, conflicts: 0 }
}

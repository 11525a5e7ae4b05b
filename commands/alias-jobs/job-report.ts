import type { JobId } from '../../schemas/alias-job.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'
import type { Tally } from './tally.ts'
import type { TrackedJob } from './track-job.ts'

export type JobReport = Extract<JobMessage, { type: 'report' }>

/** Makes the reports of one job, each of its tally as it is then. */
export function jobReports(jobId: JobId, dryRun: boolean) {
  const report = (status: JobReport['status'], counts: Readonly<Tally>, more: Partial<JobReport> = {}): JobReport => ({
    type: 'report',
    jobId,
    status,
    ...(dryRun ? { dryRun: true as const } : {}),
    counts: { ...counts },
    ...more,
  })
  return {
    report,
    /** Of a job that ended in a run before. */
    ended: ({ counts, failure }: NonNullable<TrackedJob['ended']>): JobReport =>
      failure === null ? report('completed', counts) : report('failed', counts, { reason: failure }),
    /** Of a command that was neither accepted nor a duplicate: the log may be there again later, all else is final. */
    unapplied: (result: CommandResult, counts: Readonly<Tally>): JobReport =>
      report(result.status === 'unavailable' ? 'interrupted' : 'failed', counts, { reason: reasonOf(result) }),
  }
}

/** What a command's answer says about why it was not carried out. */
export function reasonOf(result: CommandResult): string {
  return 'message' in result ? result.message : result.status
}

import type { AliasJobState } from '../../domain/alias/alias-job.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'
import { EventStoreUnavailable } from '../event-store.ts'
import { mayPass } from './may-pass.ts'
import { reasonOf } from './reason-of.ts'
import type { Tally } from './tally.ts'

const GO_ON = 'what is done stays done, and the same job given again goes on from there'

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
    ended: ({ counts, failure }: Extract<AliasJobState, { status: 'ended' }>): JobReport =>
      failure === null ? report('completed', counts) : report('failed', counts, { reason: failure }),
    /** Of a command that was neither accepted nor a duplicate: what passes may have passed later, all else is final. */
    unapplied: (result: CommandResult, counts: Readonly<Tally>): JobReport => {
      const passes = mayPass(result)
      const reason = passes ? `the log did not take it for too long: ${reasonOf(result)}; ${GO_ON}` : reasonOf(result)
      return report(passes ? 'interrupted' : 'failed', counts, { reason })
    },
    /** Of what was thrown: a job that is stopped, or does without the log for too long, is one to go on with. @throws it else. */
    interrupted: (error: unknown, counts: Readonly<Tally>, signal: AbortSignal): JobReport => {
      if (signal.aborted) return report('interrupted', counts, { reason: `the server stopped; ${GO_ON}` })
      if (!(error instanceof EventStoreUnavailable)) throw error
      return report('interrupted', counts, {
        reason: `the log could not be read for too long: ${error.message}; ${GO_ON}`,
      })
    },
  }
}

import type { AliasJobState } from '../../domain/alias/alias-job.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { IndexScope } from '../../schemas/alias-index.ts'
import type { JobCounts, JobId, JobKind } from '../../schemas/alias-job.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { AliasJobCommandType } from '../../schemas/commands/alias-job.ts'
import { derivedCommandId } from '../derived-command-id.ts'
import type { JobPorts } from './job-ports.ts'
import { reasonOf } from './job-report.ts'
import { mayPass } from './may-pass.ts'
import { readPatiently } from './patiently.ts'
import { readJob } from './read-job.ts'
import { sendPatiently } from './send-patiently.ts'

export interface JobIdentity {
  readonly jobId: JobId
  readonly kind: JobKind
  readonly actor: Actor
  readonly indexScopes: readonly IndexScope[]
  readonly digest: string
}

type Ended = Extract<AliasJobState, { status: 'ended' }>

/** A job that was begun, now or in a run before. */
export interface TrackedJob {
  /** What the job compares with. */
  readonly startedAt: number
  /** When it was begun, epoch milliseconds: its decisions are of that moment, in every run. */
  readonly at: number
  /** Set when it ended in a run before: there is nothing left to do. */
  readonly ended: Ended | undefined
  /** Says in the log that the index may go on. @returns why that is not recorded, if it is not. */
  complete(counts: JobCounts): Promise<CommandResult | undefined>
  /** Says so in the log unless the result may pass: then the job is one to go on with. @returns what is to be told. */
  fail(result: CommandResult, counts: JobCounts): Promise<CommandResult>
}

/** Begins a job or takes it up again. A result instead of a job says why it may not be. */
export async function trackJob(
  { jobId, kind, actor, indexScopes, digest }: JobIdentity,
  ports: JobPorts,
  signal: AbortSignal,
): Promise<TrackedJob | CommandResult> {
  const patience = { ...ports, signal }
  const give = (type: AliasJobCommandType, data: object): Promise<CommandResult> => {
    const commandId = derivedCommandId(type, jobId, actor.id, digest)
    return sendPatiently(ports.jobs, { type, actor, request: { commandId, data: { jobId, ...data } } }, patience)
  }
  const begun = await give('alias-job.start', { kind, indexScopes, digest })
  if (begun.status !== 'accepted' && begun.status !== 'duplicate') return begun
  const state = await readPatiently(() => readJob(jobId, ports), patience)
  if (state.status === 'none') throw new Error(`job ${jobId} was accepted and is not in the log`)
  return {
    startedAt: state.startedAt,
    at: Date.parse(state.time),
    ended: state.status === 'ended' ? state : undefined,
    complete: async (counts) => unrecorded(await give('alias-job.complete', { indexScopes, counts })),
    fail: async (result, counts) => {
      if (mayPass(result)) return result
      const reason = reasonOf(result)
      return unrecorded(await give('alias-job.fail', { indexScopes, reason, counts })) ?? result
    },
  }
}

function unrecorded(result: CommandResult): CommandResult | undefined {
  return result.status === 'accepted' || result.status === 'duplicate' ? undefined : result
}

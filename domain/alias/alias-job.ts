import { indexScopeKey } from '../../schemas/alias-index.ts'
import type { JobCounts, JobKind } from '../../schemas/alias-job.ts'
import type { AliasJobCommand } from '../../schemas/commands/alias-job.ts'
import type { AliasJobEvent } from '../../schemas/events/alias-job.ts'
import { accept, type Decider, type Decision, refuse } from '../decider.ts'

/** An import or a rollback: from its start to its end the index of its scopes stands still. */
export type AliasJobState =
  | { readonly status: 'none' }
  | ({ readonly status: 'running' } & Begun)
  | ({ readonly status: 'ended'; readonly counts: JobCounts; readonly failure: string | null } & Begun)

interface Begun {
  readonly kind: JobKind
  readonly digest: string
  readonly indexScopes: readonly string[]
  /** Position of the start: the job compares with what stood there, however often it is taken up again. */
  readonly startedAt: number
  readonly time: string
}

export const aliasJob: Decider<AliasJobState, AliasJobCommand, AliasJobEvent> = {
  initialState: { status: 'none' },

  decide(command, [state = { status: 'none' }]): Decision<AliasJobEvent> {
    const { jobId } = command.data
    switch (command.type) {
      case 'alias-job.start': {
        const { kind, digest, indexScopes } = command.data
        if (state.status === 'none') {
          const keys = indexScopes.map(indexScopeKey).toSorted()
          return accept({ type: 'alias-job.started', data: { jobId, kind, indexScopes: keys, digest } })
        }
        return state.kind === kind && state.digest === digest
          ? accept()
          : refuse('job_input_changed', `job ${jobId} was begun with something else; give this a new id`, 'jobId')
      }
      case 'alias-job.complete':
        if (state.status === 'none') return unknown(jobId)
        if (state.status === 'ended') return accept()
        return accept({ type: 'alias-job.completed', data: { jobId, counts: command.data.counts } })
      case 'alias-job.fail': {
        if (state.status === 'none') return unknown(jobId)
        if (state.status === 'ended') return accept()
        const { reason, counts } = command.data
        return accept({ type: 'alias-job.failed', data: { jobId, reason, counts } })
      }
    }
  },

  evolve(state, event, { sequence, time }): AliasJobState {
    if (event.type === 'alias-job.started') {
      const { kind, digest, indexScopes } = event.data
      return { status: 'running', kind, digest, indexScopes, startedAt: sequence, time }
    }
    if (state.status === 'none') return state
    const failure = event.type === 'alias-job.failed' ? event.data.reason : null
    return { ...state, status: 'ended', counts: event.data.counts, failure }
  },
}

function unknown(jobId: string): Decision<never> {
  return refuse('job_not_found', `there is no job ${jobId}`, 'jobId')
}

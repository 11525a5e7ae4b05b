import type { Actor } from '../../schemas/actor.ts'
import { type IndexScope, indexScope } from '../../schemas/alias-index.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import type { CommandResult } from '../../schemas/command.ts'
import { UnknownEventError } from '../../schemas/events/unknown-event.ts'
import { unescapeToken } from '../../schemas/subjects.ts'
import { derivedCommandId } from '../derived-command-id.ts'
import { EventStoreUnavailable } from '../event-store.ts'
import type { JobPorts } from './job-ports.ts'
import { readJob } from './read-job.ts'
import { newTally } from './tally.ts'

/** Ends a job that nobody will go on with: what it has done stays done, and the index of its scopes moves again. */
export async function giveUpJob(jobId: JobId, actor: Actor, ports: JobPorts): Promise<CommandResult> {
  try {
    const job = await readJob(jobId, ports)
    if (job.status === 'none')
      return { status: 'rejected', code: 'job_not_found', message: `there is no job ${jobId}`, violations: [] }
    const indexScopes = job.indexScopes.map(scopeOfKey)
    // How far it came is in the log of its aliases; the run that could have counted it is gone.
    const data = { jobId, indexScopes, reason: `given up by ${actor.id}`, counts: newTally() }
    const commandId = derivedCommandId('give up', jobId, actor.id)
    return await ports.jobs.handle({ type: 'alias-job.fail', actor, request: { commandId, data } })
  } catch (error) {
    if (error instanceof EventStoreUnavailable || error instanceof UnknownEventError)
      return { status: 'unavailable', message: error.message }
    throw error
  }
}

/** The index scope that a key, as `indexScopeKey` makes it, stands for. */
function scopeOfKey(key: string): IndexScope {
  const [kind, token = ''] = key.split('.')
  if (kind === 'global') return { kind }
  const name = unescapeToken(token)
  return indexScope.parse(kind === 'site' ? { kind, site: name } : { kind, context: name })
}

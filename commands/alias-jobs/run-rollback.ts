import { formerSlots } from '../../domain/alias/former-slots.ts'
import type { Actor } from '../../schemas/actor.ts'
import { type IndexScope, indexScopeKey } from '../../schemas/alias-index.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import type { FormerSlot } from '../../schemas/commands/alias.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'
import { formatPosition } from '../../schemas/position.ts'
import { chunkFormerSlots } from './chunk-former-slots.ts'
import { contentsAt } from './contents-at.ts'
import { inFlight } from './in-flight.ts'
import type { JobPorts } from './job-ports.ts'
import { jobReports, reasonOf } from './job-report.ts'
import { mayPass } from './may-pass.ts'
import { readPatiently } from './patiently.ts'
import { restoreChunk } from './restore-chunk.ts'
import { indexScopeFilters } from './scope-filters.ts'
import { newTally, type Tally } from './tally.ts'
import { trackJob } from './track-job.ts'

export interface RollbackRequest {
  readonly jobId: JobId
  readonly actor: Actor
  readonly scope: IndexScope
  /** Sequence of the log whose content the scope is to have again. */
  readonly toPosition: number
  readonly dryRun: boolean
}

/** Sets of slots under way at a time. */
const IN_FLIGHT = 3

/**
 * Gives an index scope the content that it had at a position, as one tracked job: aliases come back with the ids they
 * had. Up to 1,000 names change as one atomic set. What somebody changes after the job began is told, and left alone.
 * Run again with the same id it goes on where it was cut off.
 */
export async function* runRollback(
  request: RollbackRequest,
  ports: JobPorts,
  signal: AbortSignal,
): AsyncGenerator<JobMessage, void> {
  const tally = newTally()
  try {
    yield* restoreAll(request, ports, tally, signal)
  } catch (error) {
    yield jobReports(request.jobId, request.dryRun).interrupted(error, tally, signal)
  }
}

async function* restoreAll(
  request: RollbackRequest,
  ports: JobPorts,
  tally: Tally,
  signal: AbortSignal,
): AsyncGenerator<JobMessage, void> {
  const { jobId, actor, scope, toPosition, dryRun } = request
  const { report, ended, unapplied } = jobReports(jobId, dryRun)
  const patience = { ...ports, signal }
  if (!ports.policy.allows(actor, { action: 'administer', on: 'alias', scope }))
    return yield report('refused', tally, { reason: `${actor.id} may not roll this scope back` })
  const { epoch, sequence } = await readPatiently(() => ports.store.head(), patience)
  if (toPosition > sequence)
    return yield report('refused', tally, { reason: `the log ends at ${sequence}, before ${toPosition}` })
  const digest = `${indexScopeKey(scope)}@${toPosition}`
  const job = dryRun
    ? undefined
    : await trackJob({ jobId, kind: 'rollback', actor, indexScopes: [scope], digest }, ports, signal)
  if (job !== undefined && 'status' in job)
    return yield mayPass(job) ? unapplied(job, tally) : report('refused', tally, { reason: reasonOf(job) })
  if (job?.ended !== undefined) return yield ended(job.ended)

  const [at, position] = job === undefined ? [ports.now(), sequence] : [job.at, job.startedAt]
  const wanted = { filters: indexScopeFilters(scope), signal }
  const read = () => contentsAt(ports.store, [toPosition, position], wanted)
  const [then = new Map(), now = new Map()] = await readPatiently(read, patience)
  const groups = formerSlots(then, now, at)
  const total = groups.reduce((sum, group) => sum + group.length, 0)
  const wasThere = new Map([...now].map(([subject, { state }]) => [subject, state.status === 'taken'] as const))
  const changeOf = ({ alias }: FormerSlot, subject: string): 'added' | 'changed' | 'removed' =>
    alias === null ? 'removed' : wasThere.get(subject) === true ? 'changed' : 'added'

  tally.unchanged = [...now.values()].filter(({ state }) => state.status === 'taken').length
  let [done, end, chunk] = [0, position, 0]
  const results = inFlight(chunkFormerSlots(groups), IN_FLIGHT, async (some) => ({
    some,
    outcome: dryRun
      ? undefined
      : await restoreChunk(
          some.map(({ slot }) => slot),
          { jobId, actor, chunk: chunk++ },
          ports,
          signal,
        ),
  }))
  for await (const { some, outcome } of results) {
    if (outcome?.status === 'not-applied')
      return yield unapplied((await job?.fail(outcome.result, tally)) ?? outcome.result, tally)
    for (const { slot, subject } of some) {
      done++
      const change = changeOf(slot, subject)
      const { name } = slot
      if (change !== 'added') tally.unchanged--
      if (outcome === undefined) yield { type: 'change', change, scope: slot.scope, name }
      if (outcome === undefined || outcome.restored.has(subject)) tally[change]++
      else {
        tally.conflicts++
        const message = 'somebody else changed it after the rollback began: left as it is'
        yield { type: 'problem', scope: slot.scope, name, code: 'changed_meanwhile', message }
      }
    }
    if (outcome !== undefined) end = Math.max(end, outcome.position)
    yield { type: 'progress', jobId, done, total, counts: { ...tally } }
  }
  const unrecorded = await job?.complete(tally)
  if (unrecorded !== undefined) return yield unapplied(unrecorded, tally)
  yield report('completed', tally, { position: formatPosition({ epoch, sequence: end }) })
}

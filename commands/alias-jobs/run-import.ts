import type { Actor } from '../../schemas/actor.ts'
import { type IndexScope, indexScopeKey, indexScopeOf } from '../../schemas/alias-index.ts'
import type { JobId } from '../../schemas/alias-job.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'
import { formatPosition } from '../../schemas/position.ts'
import type { Scope } from '../../schemas/scope.ts'
import { applyChunk } from './apply-chunk.ts'
import { contentsAt } from './contents-at.ts'
import type { ImportSource } from './import-source.ts'
import { inFlight } from './in-flight.ts'
import type { JobPorts } from './job-ports.ts'
import { jobReports, reasonOf } from './job-report.ts'
import { type ImportChunk, planImport } from './plan-import.ts'
import { mayPass } from './may-pass.ts'
import { readPatiently } from './patiently.ts'
import { scopeFilters } from './scope-filters.ts'
import { newTally, type Tally } from './tally.ts'
import { trackJob } from './track-job.ts'

export interface ImportRequest {
  readonly jobId: JobId
  readonly actor: Actor
  readonly source: ImportSource
  /** Also remove what is in the scopes of the file and not in the file. */
  readonly replace: boolean
  readonly dryRun: boolean
}

/** Change sets under way at a time: one is decided while others are stored. */
const IN_FLIGHT = 4

/**
 * Imports the good lines of a file as one tracked job, in change sets, and tells how it goes on; the report comes last.
 * Run again with the same id and lines it goes on where it was cut off, and applies nothing twice. A dry run begins no
 * job and tells what would change. When `signal` aborts the job stays as it is, to be gone on with.
 */
export async function* runImport(
  request: ImportRequest,
  ports: JobPorts,
  signal: AbortSignal,
): AsyncGenerator<JobMessage, void> {
  const tally = newTally(request.source.bad)
  try {
    yield* importAll(request, ports, tally, signal)
  } catch (error) {
    yield jobReports(request.jobId, request.dryRun).interrupted(error, tally, signal)
  }
}

async function* importAll(
  request: ImportRequest,
  ports: JobPorts,
  tally: Tally,
  signal: AbortSignal,
): AsyncGenerator<JobMessage, void> {
  const { jobId, actor, source, dryRun } = request
  const { report, ended, unapplied } = jobReports(jobId, dryRun)
  if (source.scopes.length === 0) return yield report('completed', tally)
  const patience = { ...ports, signal }
  const { epoch, sequence } = await readPatiently(() => ports.store.head(), patience)
  const job = dryRun ? undefined : await begin(request, ports, signal)
  if (job !== undefined && 'status' in job)
    return yield mayPass(job) ? unapplied(job, tally) : report('refused', tally, { reason: reasonOf(job) })
  if (job?.ended !== undefined) return yield ended(job.ended)

  const [at, position] = job === undefined ? [ports.now(), sequence] : [job.at, job.startedAt]
  const wanted = {
    filters: scopeFilters(source.scopes),
    signal,
    ...(request.replace ? {} : { wanted: (subject: string) => source.concerns(subject) }),
  }
  const [contents = new Map()] = await readPatiently(() => contentsAt(ports.store, [position], wanted), patience)
  const context = { at, actor: actor.id, actsForOthers: ports.policy.actsForOthers(actor) }
  const plan = planImport({ source, contents, replace: request.replace, lookAlikes: ports.lookAlikes, context })

  let [done, end] = [source.bad, position]
  const progress = (): JobMessage => ({ type: 'progress', jobId, done, total: source.total, counts: { ...tally } })
  let chunk = 0
  const results = inFlight(plan, IN_FLIGHT, async (planned) => ({
    planned,
    outcome: dryRun
      ? undefined
      : await applyChunk(planned.changes, { jobId, digest: source.digest, actor, chunk: chunk++ }, ports, signal),
  }))
  for await (const { planned, outcome } of results) {
    yield* problemsOf(planned, tally)
    done += planned.lines
    tally.unchanged += planned.unchanged
    if (outcome === undefined) {
      for (const { line, change, scope, name, operations } of planned.changes) {
        tally[change]++
        const by = change === 'changed' ? { by: operations.map(({ op }) => op) } : {}
        yield { type: 'change', ...(line === undefined ? {} : { line }), change, scope, name, ...by }
      }
    } else if (outcome.status === 'applied') {
      for (const { change } of outcome.applied) tally[change]++
      tally.conflicts += outcome.conflicts.length
      tally.refused += outcome.refused.length
      for (const { change, code, message } of outcome.refused) yield problem(change, code, message)
      for (const change of outcome.conflicts)
        yield problem(change, 'changed_meanwhile', 'somebody else changed it after the import began: left as it is')
      end = Math.max(end, outcome.position)
    } else {
      return yield unapplied((await job?.fail(outcome.result, tally)) ?? outcome.result, tally)
    }
    yield progress()
  }
  const unrecorded = await job?.complete(tally)
  if (unrecorded !== undefined) return yield unapplied(unrecorded, tally)
  yield report('completed', tally, { position: formatPosition({ epoch, sequence: end }) })
}

async function begin({ jobId, actor, source }: ImportRequest, ports: JobPorts, signal: AbortSignal) {
  const indexScopes = new Map<string, IndexScope>()
  for (const scope of source.scopes) {
    const of = indexScopeOf(scope)
    indexScopes.set(indexScopeKey(of), of)
  }
  const identity = { jobId, kind: 'import' as const, actor, digest: source.digest }
  return trackJob({ ...identity, indexScopes: [...indexScopes.values()] }, ports, signal)
}

function* problemsOf({ refused }: ImportChunk, tally: Tally): Generator<JobMessage> {
  for (const { line, scope, name, refusal } of refused) {
    tally.refused++
    yield {
      type: 'problem',
      line,
      scope,
      name,
      code: refusal.code,
      message: refusal.message.replace(/^operations\.\d+: /, ''),
    }
  }
}

function problem(
  { line, scope, name }: { readonly line?: number; readonly scope: Scope; readonly name: string },
  code: string,
  message: string,
): JobMessage {
  return { type: 'problem', ...(line === undefined ? {} : { line }), scope, name, code, message }
}

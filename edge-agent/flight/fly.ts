import type { Client } from 'pg'
import { Superseded } from '../chunks/superseded.ts'
import { CentralAway } from '../central/central.ts'
import { Ledger, type LedgerState } from '../ledger/ledger.ts'
import { readTableShapes } from '../load/table-shapes.ts'
import { Steps } from '../observe/steps.ts'
import type { Fault, Outcome } from '../observe/sync-status.ts'
import { openSession } from '../session.ts'
import { Refusal } from '../trust/refusal.ts'
import { applyManifest } from './apply-manifest.ts'
import { askCentral } from './ask-central.ts'
import type { FlightPorts } from './flight-ports.ts'
import { Run } from './run.ts'
import { sendAcks } from './send-acks.ts'
import { tidy } from './tidy.ts'

/** One agent at a time writes to a device's database. "phed" as a number. */
const LOCK = 0x70686564
const LOCK_WAIT_MS = 10_000
const LOCK_NOT_AVAILABLE = '55P03'
/** A manifest that is replaced while it is fetched is asked for anew so often. */
const TRIES = 3

/**
 * One sync, from the question to the acknowledgement. What goes wrong is an outcome, written down where it can be; the
 * data is then what it was.
 */
export async function fly(ports: FlightPorts, why: string, signal: AbortSignal): Promise<Outcome> {
  const { status, metrics, now } = ports
  const startedAt = new Date(now())
  const progress = { why, startedAt: startedAt.toISOString(), step: 'begin', fetchedBytes: 0, rows: 0, totalRows: 0 }
  status.running = progress
  metrics.running.set(1)
  const steps = new Steps({ ...ports, onStep: (step) => (progress.step = step) }, why)
  const run = new Run(ports, steps, startedAt, progress)
  let outcome: Outcome
  try {
    outcome = await attempts(ports, run, signal)
  } catch (error) {
    // What a session that was cut off says is not why it was.
    const fault = faultOf(signal.aborted ? signal.reason : error, run.manifestId)
    if (fault.status !== 'away') await run.fail(fault, signal)
    outcome = fault
  }
  const durationMs = Math.max(0, now() - startedAt.getTime())
  if (outcome.status === 'refused') metrics.refusals.inc({ code: outcome.code })
  noteAlarm(ports, outcome)
  metrics.syncs.inc({ outcome: outcome.status })
  metrics.running.set(0)
  status.running = undefined
  status.last = { ...outcome, at: new Date(now()).toISOString(), durationMs }
  const isFine = outcome.status === 'success' || outcome.status === 'unchanged'
  steps.logger[isFine ? 'info' : 'warn']({ ...outcome, durationMs }, `sync ${outcome.status}`)
  steps.end(outcome.status)
  return outcome
}

async function attempts(ports: FlightPorts, run: Run, signal: AbortSignal): Promise<Outcome> {
  await using load = await openSession(ports.databaseUrl, 'load', signal)
  await using beside = await openSession(ports.databaseUrl, 'ledger', signal)
  await takeLock(load.client)
  const ledger = new Ledger(beside.client)
  const closed = await ledger.closeKilled()
  if (closed > 0) run.steps.logger.warn({ runs: closed }, 'closed runs that were killed')
  await sendAcks(ports, ledger, run.steps, signal)
  for (let tries = 1; ; tries++) {
    try {
      const before = await ledger.read()
      const verdict = await askCentral(
        ports,
        run,
        { ...before, isWhole: await isWhole(load.client, ports, before) },
        signal,
      )
      if (verdict.status === 'new')
        await applyManifest({ ports, run, ledger, before, verdict, load: load.client, beside: beside.client, signal })
      await ledger.set({
        last_checked_at: new Date(ports.now()).toISOString(),
        signing_keys_version: String(verdict.keysVersion),
      })
      await sendAcks(ports, ledger, run.steps, signal)
      if (verdict.status === 'new') await tidy(ports, run, load.client, verdict.manifest)
      const { manifestId } = verdict.status === 'new' ? verdict.manifest : verdict
      return { status: verdict.status === 'new' ? 'success' : 'unchanged', manifestId }
    } catch (error) {
      if (!(error instanceof Superseded) || tries === TRIES) throw error
      run.steps.logger.info({ reason: error.message }, 'the manifest was replaced; asking again')
    }
  }
}

/** Whether the tables that the ledger speaks of are there: somebody on the device may have dropped or altered one. */
async function isWhole(client: Client, { catalogue }: FlightPorts, { applied }: LedgerState): Promise<boolean> {
  const tables = catalogue.get(applied?.schemaVersion ?? 0) ?? []
  const shapes = await readTableShapes(client, tables)
  return tables.every(({ name }) => shapes.get(name)?.fits === true)
}

/** Waits a little: the session of an agent that was killed just now may not have ended yet. */
async function takeLock(client: Client): Promise<void> {
  try {
    await client.query(`set lock_timeout = ${LOCK_WAIT_MS}`)
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await client.query('set lock_timeout = 0')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === LOCK_NOT_AVAILABLE)) throw cause
    throw new Error('another agent is at work on this database', { cause })
  }
}

function faultOf(error: unknown, manifestId: string | undefined): Fault {
  const message = error instanceof Error ? error.message : String(error)
  const about = manifestId === undefined ? {} : { manifestId }
  if (error instanceof Refusal) return { status: 'refused', code: error.code, message, ...about }
  if (error instanceof CentralAway) return { status: 'away', message }
  return { status: 'failed', message, ...about }
}

function noteAlarm({ status, metrics }: FlightPorts, outcome: Outcome): void {
  if (outcome.status === 'refused' && outcome.code === 'schema_version') {
    status.alarms.set('schema_version', outcome.message)
    metrics.schemaUnknown.set(1)
  } else if (outcome.status === 'success' || outcome.status === 'unchanged') {
    status.alarms.delete('schema_version')
    metrics.schemaUnknown.set(0)
    metrics.lastChecked.setToCurrentTime()
  }
}

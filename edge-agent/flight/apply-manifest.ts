import type { Client } from 'pg'
import { receiveTables } from '../chunks/receive-tables.ts'
import type { Ledger, LedgerState } from '../ledger/ledger.ts'
import { ContentMismatch } from '../load/content-mismatch.ts'
import type { LoadPlan } from '../load/load-plan.ts'
import { loadTables } from '../load/load-tables.ts'
import { planLoad } from '../load/plan-load.ts'
import { clearNext } from '../load/prepare-shadow.ts'
import type { TableContent } from '../load/table-content.ts'
import type { Verdict } from '../trust/judge-answer.ts'
import type { UnsignedManifest } from '../../schemas/device-sync/manifest.ts'
import type { FlightPorts } from './flight-ports.ts'
import { hashesOf } from './hashes-of.ts'
import type { Run } from './run.ts'

export interface Application {
  readonly ports: FlightPorts
  readonly run: Run
  readonly ledger: Ledger
  /** What the ledger said before. */
  readonly before: LedgerState
  readonly verdict: Extract<Verdict, { status: 'new' }>
  readonly load: Client
  readonly beside: Client
  readonly signal: AbortSignal
}

/** Makes the database what a manifest says: receive, verify, load, verify back, swap, write down. @throws whatever went wrong; the data is then what it was. */
export async function applyManifest(application: Application): Promise<void> {
  const { ports, run, ledger, verdict } = application
  const { manifest } = verdict
  if (run.id === undefined) run.id = await ledger.begin(manifest.manifestId, run.startedAt)
  else await ledger.replaceManifest(run.id, manifest.manifestId)
  try {
    const contents = await planned(application, false).catch((error: unknown) => {
      if (!(error instanceof ContentMismatch)) throw error
      // The chunks were right, so the database was not what the ledger said: nothing in it is taken for granted any more.
      run.steps.logger.warn({ err: error }, 'the data on the device is not what it was left as; loading it whole')
      return planned(application, true)
    })
    noteSuccess(ports, manifest, contents)
  } catch (error) {
    await giveBack(application, error)
    throw error
  }
}

async function planned(application: Application, distrust: boolean): Promise<ReadonlyMap<string, TableContent>> {
  const { ports, run, before, verdict, load, signal } = application
  const { chunks, tactic, central, metrics, fetchPatienceMs } = ports
  const { manifest, tables } = verdict
  const known = before.applied === undefined ? undefined : knownOf(before.applied, before.contents)
  const plan = await planLoad(load, { manifest, tables, applied: known, tactic, chunks, distrust })
  const wanted = plan.changed.map(({ wanted }) => wanted)
  run.progress.totalRows = wanted.reduce((sum, { rowCount }) => sum + rowCount, 0)
  run.progress.rows = 0
  await chunks.keepOnly(new Set([...hashesOf(manifest), ...hashesOf(before.applied)]))
  const onBytes = (bytes: number): void => {
    run.progress.fetchedBytes += bytes
    metrics.fetched.inc(bytes)
  }
  await run.steps.run(
    'receive',
    () => receiveTables({ central, chunks, signal, onBytes, patienceMs: fetchPatienceMs }, manifest.manifestId, wanted),
    () => ({ bytes: run.progress.fetchedBytes, tables: wanted.length }),
  )
  return run.steps.run(
    'load',
    () => loaded(application, plan),
    () => ({
      rows: run.progress.rows,
      tactics: Object.fromEntries(plan.changed.map(({ table, tactic }) => [table.name, tactic])),
    }),
  )
}

async function loaded(application: Application, plan: LoadPlan): Promise<ReadonlyMap<string, TableContent>> {
  const { ports, run, ledger, before, verdict, load, beside, signal } = application
  const { manifest, keysVersion } = verdict
  const onRows = (rows: number): void => {
    run.progress.rows += rows
    ports.metrics.rows.inc(rows)
  }
  const all = new Map<string, TableContent>()
  const dangling = await loadTables({
    client: load,
    beside,
    source: { chunks: ports.chunks, signal, onRows },
    plan,
    syncId: run.id ?? '0',
    patienceMs: ports.swapPatienceMs,
    onPart: (part, table) => {
      run.progress.step = `load: ${part}`
      if (table === undefined) delete run.progress.table
      else run.progress.table = table
    },
    ledgerSql: (contents) => {
      // What did not change is as it was read back when it was loaded.
      for (const { name } of manifest.tables) {
        const content = contents.get(name) ?? before.contents.get(name)
        if (content !== undefined) all.set(name, content)
      }
      const ack = run.ack({ contents: all })
      if (ack === undefined || run.id === undefined) throw new Error('a load without a manifest')
      return ledger.successSql({ id: run.id, manifest, contents: all, keysVersion, at: new Date(ports.now()), ack })
    },
  })
  ports.metrics.danglingKeys.set(dangling.length)
  if (dangling.length === 0) ports.status.alarms.delete('dangling_foreign_keys')
  else {
    ports.status.alarms.set('dangling_foreign_keys', `rows point at nothing: ${dangling.join(', ')}`)
    run.steps.logger.warn({ dangling }, 'rows of edge-local tables point at rows that central has no more')
  }
  return all
}

/** A failed load leaves nothing on a disk that may be full: neither half a download nor tables nobody will see. */
async function giveBack({ ports, run, before, load, signal }: Application, error: unknown): Promise<void> {
  if (signal.aborted) return
  try {
    if (isDiskFull(error)) await ports.chunks.keepOnly(new Set(hashesOf(before.applied)))
    await load.query('rollback')
    await clearNext(load)
  } catch (cause) {
    run.steps.logger.warn({ err: cause }, 'what the failed sync left behind is removed by the next one')
  }
}

function noteSuccess(
  { metrics, status, now }: FlightPorts,
  manifest: UnsignedManifest,
  contents: ReadonlyMap<string, TableContent>,
): void {
  status.lastSuccess = { manifestId: manifest.manifestId, at: new Date(now()).toISOString() }
  metrics.lastSuccess.setToCurrentTime()
  metrics.position.set(manifest.position)
  metrics.tableRows.reset()
  for (const [table, { rowCount }] of contents) metrics.tableRows.set({ table }, rowCount)
}

/** Of what was applied, the tables whose content the ledger knows. */
function knownOf(applied: UnsignedManifest, contents: ReadonlyMap<string, TableContent>): UnsignedManifest {
  return { ...applied, tables: applied.tables.filter(({ name }) => contents.has(name)) }
}

function isDiskFull(error: unknown): boolean {
  // As Node says it (ENOSPC, EDQUOT), and as Postgres does.
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', '53100'].includes(String(error.code))
}

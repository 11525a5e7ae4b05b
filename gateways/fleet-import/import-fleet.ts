import type { FleetKind } from '../../schemas/queries/fleet.ts'
import { FLEET_PATHS } from '../../schemas/http/fleet.ts'
import type { Pharos } from '../client/index.ts'
import { checkFleet, type ImportProblem } from './check-fleet.ts'
import type { FleetSource } from './fleet-source.ts'
import { importRow, type RowOutcome } from './import-row.ts'
import { readRows } from './read-rows.ts'

export type ImportCounts = Record<RowOutcome['became'], number>

export interface ImportReport {
  /** `refused`: a row was bad, so nothing was imported. */
  readonly status: 'completed' | 'refused' | 'interrupted'
  readonly dryRun: boolean
  /** By table. Bad rows count as refused. */
  readonly tables: Readonly<Record<string, ImportCounts>>
}

export interface ImportOptions {
  readonly client: Pick<Pharos, 'send' | 'query'>
  readonly dryRun: boolean
  /** What becomes of the good rows when there are bad ones. */
  readonly onBadRow: 'stop' | 'skip'
  readonly onProblem: (problem: ImportProblem) => void
  readonly onProgress: (table: string, done: number, total: number) => void
  readonly signal: AbortSignal
  /** Commands under way at a time. */
  readonly inFlight?: number
}

/** As many as a server takes from one sender without making others wait; they are stored some hundred at a time. */
const IN_FLIGHT = 256

/**
 * Brings a fleet in, table by table, each row by the commands that a person would give. All of it is read and checked
 * before anything is written. Rows that the rules refuse are told and left out. May be given again: what is there already
 * is changed where the source says another thing, and left alone else; nothing is ever removed.
 * @throws UnreadableSource, or what reading the source throws.
 */
export async function importFleet(source: FleetSource, options: ImportOptions): Promise<ImportReport> {
  const { dryRun, onBadRow, onProgress, signal, inFlight = IN_FLIGHT } = options
  const tables: Record<string, ImportCounts> = {}
  for (const { name } of source.tables) tables[name] = { added: 0, changed: 0, unchanged: 0, refused: 0 }
  const onProblem = (problem: ImportProblem): void => {
    const counts = tables[problem.table]
    if (counts !== undefined) counts.refused++
    options.onProblem(problem)
  }
  const checked = await checkFleet(source, onProblem, signal)
  if (checked.bad > 0 && onBadRow === 'stop') return { status: 'refused', dryRun, tables }
  const isComing = (kind: FleetKind, id: string): boolean => checked.has(FLEET_PATHS[kind], id)
  const sender = { client: options.client, dryRun, isComing, signal }
  for (const table of source.tables) {
    const counts = tables[table.name] as ImportCounts
    const total = checked.counts.get(table.name) ?? 0
    let done = 0
    onProgress(table.name, done, total)
    const underWay = new Set<Promise<void>>()
    let fault: unknown
    const bring = async (line: number, data: Parameters<typeof importRow>[1]): Promise<void> => {
      try {
        const outcome = await importRow(table, data, sender)
        if (outcome.became === 'refused') onProblem({ table: table.name, line, ...outcome })
        else counts[outcome.became]++
        onProgress(table.name, ++done, total)
      } catch (error) {
        fault ??= error
      }
    }
    for await (const row of readRows(source, table)) {
      if (signal.aborted || fault !== undefined) break
      if ('fault' in row || !checked.isFirst(table.name, row.key, row.line)) continue
      const one: Promise<void> = bring(row.line, row.data).finally(() => underWay.delete(one))
      underWay.add(one)
      if (underWay.size >= inFlight) await Promise.race(underWay)
    }
    await Promise.all(underWay)
    if (signal.aborted) return { status: 'interrupted', dryRun, tables }
    if (fault !== undefined) throw fault
  }
  return { status: 'completed', dryRun, tables }
}

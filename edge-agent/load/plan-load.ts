import type { Client } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { ManifestTable, UnsignedManifest } from '../../schemas/device-sync/manifest.ts'
import type { ChunkDirectory } from '../chunks/chunk-directory.ts'
import { readDependants } from './dependants.ts'
import type { LoadPlan, Tactic, TablePlan } from './load-plan.ts'
import type { MergeParts } from './merge.ts'
import { MIRROR } from './schemas.ts'
import { readTableShapes, type TableShape } from './table-shapes.ts'

/** So few rows are merged rather than swapped: making and dropping tables would cost the catalogs more. */
const FEW_ROWS = 5000
/** If at most this part of a table's bytes is in chunks that changed, only those are merged. */
const SMALL_SHARE = 0.25

export interface PlanInput {
  readonly manifest: UnsignedManifest
  readonly tables: readonly DeviceTable[]
  /** What the database is, by the ledger. */
  readonly applied: UnsignedManifest | undefined
  readonly tactic: Tactic | 'auto'
  readonly chunks: ChunkDirectory
  /** The database turned out not to be what the ledger says: take nothing in it for granted. */
  readonly distrust: boolean
}

/** Which tables are not what the manifest says, and how each is to be made so. @throws Error when something local is in the way. */
export async function planLoad(client: Client, input: PlanInput): Promise<LoadPlan> {
  const { manifest, tables, applied, distrust } = input
  const shapes = await readTableShapes(client, tables)
  const { obstacles, foreignKeys } = await readDependants(client, tables)
  const before = new Map((distrust ? [] : (applied?.tables ?? [])).map((table) => [table.name, table]))
  const changed: TablePlan[] = []
  for (const [i, wanted] of manifest.tables.entries()) {
    const table = tables[i]
    if (table === undefined) continue
    const shape = shapes.get(table.name)
    const had = before.get(table.name)
    if (shape?.fits === true && had?.sha256 === wanted.sha256) continue
    const inTheWay = [
      ...obstacles.filter((one) => one.table === table.name).map(({ what }) => what),
      ...(shape?.hasMore === true ? ['columns of its own'] : []),
      // Deleting the old table would not do what such a key is to do for each row.
      ...(foreignKeys.some(({ acts, definition }) => acts && definition.includes(`${MIRROR}.${table.name}(`))
        ? ['a foreign key that acts']
        : []),
    ]
    changed.push(planTable(input, { table, wanted, had, shape, inTheWay }))
  }
  const names = new Set(tables.map(({ name }) => name))
  const gone = (applied?.tables ?? []).map(({ name }) => name).filter((name) => !names.has(name))
  return { changed, gone: [...(await readTableShapes(client, gone.map(nameOnly))).keys()] }
}

interface TableFacts {
  readonly table: DeviceTable
  readonly wanted: ManifestTable
  readonly had: ManifestTable | undefined
  readonly shape: TableShape | undefined
  readonly inTheWay: readonly string[]
}

function planTable({ chunks, tactic }: PlanInput, facts: TableFacts): TablePlan {
  const { table, wanted, had, shape, inTheWay } = facts
  const plan = { table, wanted, fits: shape?.fits === true, isPresent: shape !== undefined }
  if (!plan.fits) {
    if (inTheWay.length > 0)
      throw new Error(
        `table ${table.name} must be made anew, and ${inTheWay.join(', ')} would be lost: remove it first`,
      )
    return { ...plan, tactic: 'shadow' }
  }
  if (tactic === 'truncate') return { ...plan, tactic }
  const difference = differenceOf(chunks, wanted, had)
  const isSmall = difference !== undefined && bytesOf(difference.come) <= SMALL_SHARE * bytesOf(wanted.chunks)
  const isDiff =
    inTheWay.length > 0 ||
    tactic === 'diff' ||
    (tactic === 'auto' && (isSmall || Math.max(wanted.rowCount, had?.rowCount ?? 0) <= FEW_ROWS))
  if (!isDiff) return { ...plan, tactic: 'shadow' }
  return { ...plan, tactic: 'diff', parts: difference ?? { come: wanted.chunks } }
}

/** Chunks that come and go, if the content of those that go is on disk. */
function differenceOf(
  chunks: ChunkDirectory,
  wanted: ManifestTable,
  had: ManifestTable | undefined,
): MergeParts | undefined {
  if (had === undefined) return undefined
  const [next, before] = [wanted, had].map((table) => new Set(table.chunks.map(({ sha256 }) => sha256)))
  const go = had.chunks.filter(({ sha256 }) => next?.has(sha256) !== true)
  for (const { sha256 } of go) if (!chunks.has(sha256)) return undefined
  return { come: wanted.chunks.filter(({ sha256 }) => before?.has(sha256) !== true), go }
}

function bytesOf(chunks: readonly { readonly bytes: number }[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0)
}

function nameOnly(name: string): DeviceTable {
  return { name, columns: [], primaryKey: [] }
}

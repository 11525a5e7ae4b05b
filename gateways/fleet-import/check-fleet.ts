import type { FleetSource } from './fleet-source.ts'
import { readRows } from './read-rows.ts'

/** A row that is not imported, and why. */
export interface ImportProblem {
  readonly table: string
  readonly line: number
  readonly code: string
  readonly message: string
}

/** What a source holds, seen before anything is written. */
export interface CheckedFleet {
  /** Good rows by table. */
  readonly counts: ReadonlyMap<string, number>
  readonly bad: number
  /** Whether a good row of the table says this key. */
  has(table: string, key: string): boolean
  /** The row itself is a good one: it is the first with its key. */
  isFirst(table: string, key: string, line: number): boolean
}

/** Reads all of it once. Remembers every key, so memory grows with the rows, at some hundred bytes each. */
export async function checkFleet(
  source: FleetSource,
  onProblem: (problem: ImportProblem) => void,
  signal: AbortSignal,
): Promise<CheckedFleet> {
  const keys = new Map(source.tables.map(({ name }) => [name, new Map<string, number>()]))
  let bad = 0
  const problem = (table: string, line: number, code: string, message: string): void => {
    bad++
    onProblem({ table, line, code, message })
  }
  for (const table of source.tables) {
    const known = keys.get(table.name) ?? new Map<string, number>()
    for await (const row of readRows(source, table)) {
      signal.throwIfAborted()
      if ('fault' in row) problem(table.name, row.line, 'invalid_row', row.fault)
      else if (known.has(row.key))
        problem(table.name, row.line, 'duplicate_row', `names "${row.key}" of line ${known.get(row.key)} again`)
      else known.set(row.key, row.line)
    }
  }
  return {
    counts: new Map([...keys].map(([table, known]) => [table, known.size])),
    bad,
    has: (table, key) => keys.get(table)?.has(key) ?? false,
    isFirst: (table, key, line) => keys.get(table)?.get(key) === line,
  }
}

import { parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { violationsOf } from '../../commands/violations.ts'
import { fleetCommandData } from '../../schemas/commands/fleet.ts'
import { type FleetSource, UnreadableSource } from './fleet-source.ts'
import type { ImportTable } from './import-tables.ts'

/** A row of a table, as the command's data that it is; or what is wrong with it. */
export type ImportRow =
  | { readonly line: number; readonly key: string; readonly data: Readonly<Record<string, string | null>> }
  | { readonly line: number; readonly fault: string }

/** Longest row, in characters. */
const MAX_ROW = 64 * 1024

interface Parsed {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}

/**
 * The rows of a table, each checked by itself; `line` is where it ends, the header being the first.
 * @throws UnreadableSource when the table is no CSV, or lacks a column that is needed.
 */
export async function* readRows(source: FleetSource, table: ImportTable): AsyncGenerator<ImportRow, void> {
  const bad: ImportRow[] = []
  const parser = parse({
    bom: true,
    info: true,
    columns: (header: string[]) => columnsOf(table, header),
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_ROW,
    on_skip: (error) => {
      bad.push({ line: Number(error?.['lines'] ?? 0), fault: `is not CSV: ${error?.message ?? ''}` })
      return undefined
    },
  })
  const bytes = Readable.from(source.read(table), { objectMode: false })
  bytes.on('error', (error) => parser.destroy(error))
  bytes.pipe(parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield* bad.splice(0)
      yield rowOf(table, record, info.lines)
    }
    yield* bad
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))
      throw new UnreadableSource(`${table.name}: ${error.message}`, { cause: error })
    throw error
  } finally {
    bytes.destroy()
  }
}

function rowOf(table: ImportTable, record: Readonly<Record<string, string>>, line: number): ImportRow {
  const data: Record<string, string | null> = {}
  for (const [column, field] of Object.entries(table.columns)) {
    const value = record[column]
    if (value === undefined) continue
    data[field] = value === '' && table.optional.includes(column) ? null : value
  }
  const read = fleetCommandData[table.type].safeParse(data)
  if (!read.success) {
    const faults = violationsOf(read.error).map(({ field, message }) => `${columnOf(table, field)}: ${message}`)
    return { line, fault: faults.join('; ') }
  }
  return { line, key: table.key.map((column) => record[column]).join(' '), data }
}

function columnOf({ columns }: ImportTable, field: string): string {
  return Object.entries(columns).find(([, one]) => one === field)?.[0] ?? field
}

function columnsOf(table: ImportTable, header: readonly string[]): string[] {
  const names = header.map((name) => name.trim().toLowerCase())
  const missing = Object.keys(table.columns).filter(
    (column) => !table.optional.includes(column) && !names.includes(column),
  )
  if (missing.length > 0) throw new UnreadableSource(`${table.name} lacks ${missing.join(', ')}`)
  return names
}

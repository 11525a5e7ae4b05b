import { parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { CSV_COLUMNS, fromCsv, NEEDED_COLUMNS } from './csv-columns.ts'
import { MAX_LINE, type RawLine, UnreadableFile } from './raw-line.ts'

const BATCH = 500

interface Parsed {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}

/**
 * Records of CSV (RFC 4180, UTF-8, with a header), some at a time. A record that is not well formed is told as such.
 * @throws UnreadableFile when the header lacks a column that is needed, has one unknown, or a record is too long.
 */
export async function* readCsv(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly RawLine[], void> {
  const skipped: RawLine[] = []
  const parser = parse({
    bom: true,
    info: true,
    columns: (header: string[]) => columnsOf(header),
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_LINE,
    on_skip: (error) => {
      if (error !== undefined)
        skipped.push({ line: Number(error['lines'] ?? 0), fault: `is not CSV: ${error.message}` })
      return undefined
    },
  })
  const source = Readable.from(bytes, { objectMode: false })
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  let batch: RawLine[] = []
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      // The parser is ahead of us: what it has skipped stands after some of what it still holds.
      const before = skipped.findIndex(({ line }) => line > info.lines)
      batch.push(...skipped.splice(0, before === -1 ? skipped.length : before), lineOf(record, info.lines))
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))
      throw new UnreadableFile(error.message, { cause: error })
    throw error
  } finally {
    source.destroy()
  }
  batch.push(...skipped)
  if (batch.length > 0) yield batch
}

function lineOf(record: Parsed['record'], line: number): RawLine {
  try {
    const characters = Object.values(record).reduce((sum, field) => sum + field.length, 0)
    return { line, value: fromCsv(record), characters }
  } catch {
    return { line, fault: 'metadata must be a JSON object' }
  }
}

function columnsOf(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim().toLowerCase())
  const missing = NEEDED_COLUMNS.filter((name) => !names.includes(name))
  if (missing.length > 0) throw new UnreadableFile(`the header lacks ${missing.join(', ')}`)
  const unknown = names.filter((name) => !CSV_COLUMNS.some((known) => known === name))
  if (unknown.length > 0)
    throw new UnreadableFile(`the header has ${unknown.join(', ')}; there are ${CSV_COLUMNS.join(', ')}`)
  return names
}

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { storableText } from './storable-text.ts'
import type { Row, Table } from './table.ts'

/** Rows are sent in pieces of about this many characters: one row a piece is three times slower. */
const CHUNK = 64 * 1024

/** Loads all rows by COPY in its text format. @see https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
export async function copyRows<T extends Table>(client: ClientBase, table: T, rows: readonly Row<T>[]): Promise<void> {
  const names = Object.keys(table.columns)
  const sink = client.query(copyFrom(`copy ${table.name} (${names.join(', ')}) from stdin`))
  await pipeline(Readable.from(chunks(names, rows), { objectMode: false }), sink)
}

function* chunks<T extends Table>(names: readonly string[], rows: readonly Row<T>[]): Generator<Buffer> {
  let text = ''
  for (const row of rows) {
    let separator = ''
    for (const name of names) {
      text += separator + field(row[name])
      separator = '\t'
    }
    text += '\n'
    if (text.length >= CHUNK) {
      yield Buffer.from(text)
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text)
}

function field(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return String.raw`\N`
  if (typeof value !== 'string') return String(value)
  return SPECIAL.test(value) ? storableText(value).replace(ESCAPED, (char) => ESCAPES[char] ?? char) : value
}

const SPECIAL = /[\\\t\n\r\0]/
const ESCAPED = /[\\\t\n\r]/g
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

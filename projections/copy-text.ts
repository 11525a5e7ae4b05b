import { storableText } from './storable-text.ts'
import type { Row, Table } from './table.ts'

/** Rows come in pieces of about this many characters: one row a piece is three times slower to send. */
const PIECE = 64 * 1024

/** Rows in the text format of COPY. @see https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
export function copyText<T extends Table>(table: T, rows: readonly Row<T>[]): Buffer[] {
  const names = Object.keys(table.columns)
  const pieces: Buffer[] = []
  let text = ''
  for (const row of rows) {
    let separator = ''
    for (const name of names) {
      text += separator + field(row[name])
      separator = '\t'
    }
    text += '\n'
    if (text.length < PIECE) continue
    pieces.push(Buffer.from(text))
    text = ''
  }
  if (text !== '') pieces.push(Buffer.from(text))
  return pieces
}

function field(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return String.raw`\N`
  if (typeof value !== 'string') return String(value)
  return SPECIAL.test(value) ? storableText(value).replace(ESCAPED, (char) => ESCAPES[char] ?? char) : value
}

const SPECIAL = /[\\\t\n\r\0]/
const ESCAPED = /[\\\t\n\r]/g
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

import type { ColumnType } from '../../schemas/device-sync/device-tables.ts'
import { binaryValue } from './binary-value.ts'
import { plainMicros } from './timestamp-micros.ts'

const QUOTE = 34
const COMMA = 44
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93
const SMALL_N = 110
const NULL = 'null'.length
const IS_NULL = -1
const TWO_TO_32 = 2 ** 32
/** Bytes by which a value may be longer than in its line: a text by its length less its quotes, the number `"1"` by its digits. */
const TEXT_ROOM = 1
const ROOM = 10

/**
 * Canonical rows as COPY reads them in its binary format, without header and trailer. Postgres takes it in half the time of
 * text or CSV. Texts and times, which large tables are made of, are rewritten byte by byte, other values one by one.
 * @param lines whole canonical lines.
 * @throws RangeError when they are not so many rows of such columns.
 */
export function binaryOfLines(lines: Buffer, rows: number, types: readonly ColumnType[]): Buffer {
  const room = types.reduce((sum, type) => sum + (type === 'text' ? TEXT_ROOM : ROOM), 0)
  const out = Buffer.allocUnsafe(lines.length + rows * room)
  const view = new DataView(out.buffer, out.byteOffset, out.length)
  const last = types.length - 1
  let at = 0
  let to = 0
  for (let row = 0; row < rows; row++) {
    if (lines[at] !== OPEN) throw noRow(row)
    view.setInt16(to, types.length)
    to += 2
    for (let column = 0; column <= last; column++) {
      // Past the bracket, or the comma.
      at++
      const length = to
      to += 4
      if (lines[at] === QUOTE) {
        const type = types[column] ?? 'text'
        const from = at + 1
        at = from
        const micros = type === 'timestamptz' ? plainMicros(lines, from) : undefined
        if (micros !== undefined) {
          const high = Math.floor(micros / TWO_TO_32)
          view.setInt32(to, high)
          view.setUint32(to + 4, micros - high * TWO_TO_32)
          to += 8
          at = lines.indexOf(QUOTE, from)
        } else {
          if (type === 'text')
            for (let byte = lines[at]; byte !== QUOTE && byte !== BACKSLASH && byte !== undefined; byte = lines[++at])
              out[to++] = byte
          if (type !== 'text' || lines[at] !== QUOTE) {
            at = endOfValue(lines, from)
            to = length + 4
            to += binaryValue(type, JSON.parse(lines.toString('utf8', from - 1, at + 1)) as string).copy(out, to)
          }
        }
        at++
        view.setInt32(length, to - length - 4)
      } else {
        if (lines[at] !== SMALL_N) throw noRow(row)
        view.setInt32(length, IS_NULL)
        at += NULL
      }
      if (lines[at] !== (column === last ? CLOSE : COMMA)) throw noRow(row)
    }
    at += 2
  }
  if (at !== lines.length) throw noRow(rows)
  return out.subarray(0, to)
}

/** Where a value's closing quote is. */
function endOfValue(lines: Buffer, from: number): number {
  let at = from
  for (let byte = lines[at]; byte !== QUOTE; byte = lines[at]) {
    if (byte === undefined) throw new RangeError('a value of a chunk does not end')
    at += byte === BACKSLASH ? 2 : 1
  }
  return at
}

function noRow(row: number): RangeError {
  return new RangeError(`row ${row} of a chunk is not one of its table`)
}

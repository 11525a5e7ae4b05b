import { type CanonicalValue, canonicalLine } from '../../schemas/device-sync/rows.ts'

/** The first column of what is read back: no value can look like the beginning of a row so marked. */
export const ROW_MARK = 'r'

const LINE_FEED = 10
const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN = 91
const CLOSE = 93
const MARK = ROW_MARK.charCodeAt(0)
/** `"r",` */
const MARK_LENGTH = 4
const FIRST_PRINTABLE = 32

/**
 * Canonical lines from CSV as Postgres writes it with every value quoted and {@link ROW_MARK} as first column: a stream in
 * pieces of any size, a stream of whole lines out. A line feed ends a row only where a row mark follows, since a quote
 * within a value is always escaped.
 */
export class LinesOfCsv {
  #rest: Buffer = Buffer.alloc(0)
  /** Written anew with every piece: a table is thousands of them. */
  #out: Buffer = Buffer.alloc(0)
  rows = 0

  /** Lines that are certainly whole; good until the next call. */
  push(piece: Buffer): Buffer {
    const data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    return this.#take(data, false)
  }

  /** The last lines, when the stream has ended; good as long. */
  end(): Buffer {
    return this.#take(this.#rest, true)
  }

  #take(data: Buffer, ended: boolean): Buffer {
    const parts: Buffer[] = []
    if (this.#out.length < data.length) this.#out = Buffer.allocUnsafe(data.length)
    let out = this.#out
    let to = 0
    let start = 0
    for (let end = rowEnd(data, 0, ended); end !== -1; end = rowEnd(data, start, ended)) {
      const from = start + MARK_LENGTH
      if (isPlain(data, from, end)) {
        // A row is no longer than it was: the mark is four bytes, the brackets are two.
        out[to++] = OPEN
        to += data.copy(out, to, from, end)
        out[to++] = CLOSE
        out[to++] = LINE_FEED
      } else {
        parts.push(out.subarray(0, to), Buffer.from(canonicalLine(valuesOf(data.toString('utf8', from, end)))))
        out = out.subarray(to)
        to = 0
      }
      this.rows++
      start = end + 1
    }
    this.#rest = Buffer.from(data.subarray(start))
    return parts.length === 0 ? out.subarray(0, to) : Buffer.concat([...parts, out.subarray(0, to)])
  }
}

/** Where the row that begins at `start` ends, -1 when that is not known yet. */
function rowEnd(data: Buffer, start: number, ended: boolean): number {
  for (let at = data.indexOf(LINE_FEED, start); at !== -1; at = data.indexOf(LINE_FEED, at + 1)) {
    if (at + 1 === data.length) return ended ? at : -1
    // Only the beginning is looked at: a quote that closes a value is followed by a comma or a line feed.
    if (data[at + 1] === QUOTE) {
      if (at + 2 === data.length) return -1
      if (data[at + 2] === MARK) return at
    }
  }
  return -1
}

/** Without control characters, which JSON writes otherwise than CSV. */
function isPlain(data: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((data[at] ?? 0) < FIRST_PRINTABLE) return false
  return true
}

function valuesOf(row: string): CanonicalValue[] {
  const values: CanonicalValue[] = []
  for (let at = 0; at < row.length; at++) {
    if (row.charCodeAt(at) !== QUOTE) {
      values.push(null)
      at += 'null'.length
    } else {
      let value = ''
      let from = ++at
      for (; row.charCodeAt(at) !== QUOTE; at++) {
        if (row.charCodeAt(at) !== BACKSLASH) continue
        value += row.slice(from, at)
        from = ++at
      }
      values.push(value + row.slice(from, at))
      at++
    }
    if (at < row.length && row.charCodeAt(at) !== COMMA) throw new RangeError('a row from Postgres is no CSV')
  }
  return values
}

import { createHash } from 'node:crypto'
import { type CanonicalValue, canonicalLine } from '../../schemas/device-sync/rows.ts'
import type { TableContent } from './table-content.ts'

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN = 91
const CLOSE = 93
const LINE_FEED = 10
const FIRST_PRINTABLE = 32
/** Lines are hashed so many bytes at a time. */
const BLOCK = 128 * 1024

/**
 * Counts and hashes rows that Postgres writes as CSV (see `read-back.ts`) with every value quoted: such a row is its
 * canonical line without the brackets, unless a value has control characters, which JSON writes otherwise.
 */
export class CanonicalHash {
  readonly #hash = createHash('sha256')
  readonly #block = Buffer.allocUnsafe(BLOCK)
  #used = 0
  #rows = 0

  /** @param row one row, with its line feed. @throws RangeError when it is no such CSV. */
  add(row: Buffer): void {
    this.#rows++
    const end = row.length - 1
    if (row.length + 2 > BLOCK - this.#used) this.#flush()
    if (row.length + 2 > BLOCK || !isPlain(row, end)) {
      this.#flush()
      this.#hash.update(canonicalLine(valuesOf(row.toString('utf8', 0, end))))
      return
    }
    const block = this.#block
    let used = this.#used
    block[used++] = OPEN
    used += row.copy(block, used, 0, end)
    block[used++] = CLOSE
    block[used++] = LINE_FEED
    this.#used = used
  }

  /** Of all rows; nothing can be added any more. */
  end(): TableContent {
    this.#flush()
    return { rowCount: this.#rows, sha256: this.#hash.digest('hex') }
  }

  #flush(): void {
    if (this.#used > 0) this.#hash.update(this.#block.subarray(0, this.#used))
    this.#used = 0
  }
}

function isPlain(row: Buffer, end: number): boolean {
  for (let at = 0; at < end; at++) if ((row[at] ?? 0) < FIRST_PRINTABLE) return false
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

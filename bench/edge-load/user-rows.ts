import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import type { ManifestTable } from '../../schemas/device-sync/manifest.ts'
import { canonicalLine } from '../../schemas/device-sync/rows.ts'
import type { BuiltContent } from '../../test/edge-agent/support/build-content.ts'

const ROWS_OF_CHUNK = 4096
const HOUR = 3_600_000

/** A company of users, some 110 bytes a row, in two editions in which every row differs and says which it is of. */
export function userRow(number: number, edition: number): readonly (string | null)[] {
  const random = scrambled(number)
  const created = timestamp(1_700_000_000_000 + (random % 20_000) * HOUR, number)
  return [
    userId(number),
    'company-1',
    `User ${random.toString(36)} of edition ${edition}`,
    `${random.toString(36)}.${number}@example.com`,
    random % 3 === 0 ? null : `+1${random.toString().padStart(10, '0')}`,
    created,
    created,
  ]
}

export function userId(number: number): string {
  return `u${number.toString().padStart(9, '0')}`
}

/** Canonical content of a table `users` with so many rows, cut and compressed as central does it. */
export function usersContent(rows: number, edition: number): BuiltContent {
  const objects = new Map<string, Buffer>()
  const chunks: ManifestTable['chunks'] = []
  const whole = createHash('sha256')
  for (let from = 0; from < rows; from += ROWS_OF_CHUNK) {
    const to = Math.min(rows, from + ROWS_OF_CHUNK)
    let lines = ''
    for (let number = from; number < to; number++) lines += canonicalLine(userRow(number, edition))
    const content = Buffer.from(lines)
    const sha256 = createHash('sha256').update(content).digest('hex')
    whole.update(content)
    objects.set(sha256, zstdCompressSync(content))
    chunks.push({ sha256, rows: to - from, bytes: content.length })
  }
  return { tables: [{ name: 'users', rowCount: rows, sha256: whole.digest('hex'), chunks }], objects }
}

/** The same number for the same input on every machine, with nothing to compress in it. */
function scrambled(number: number): number {
  let hash = Math.imul(number ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** As Postgres writes a timestamptz in UTC. */
function timestamp(ms: number, micros: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T')
  return `${date} ${time.slice(0, 8)}.${(100_000 + (micros % 899_999)).toString().replace(/0$/, '1')}+00`
}

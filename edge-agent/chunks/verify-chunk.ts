import { createHash, type Hash } from 'node:crypto'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import { Refusal } from '../trust/refusal.ts'

const LINE_FEED = 10

/** Checks the hash of a chunk's lines and their number; adds them to the hash of its table. @throws Refusal `content`. */
export function verifyChunk(lines: Buffer, chunk: ManifestChunk, table: Hash): void {
  const sha256 = createHash('sha256').update(lines).digest('hex')
  if (sha256 !== chunk.sha256) throw new Refusal('content', `chunk ${chunk.sha256} has the hash ${sha256}`)
  const rows = rowsOf(lines)
  if (rows !== chunk.rows) throw new Refusal('content', `chunk ${chunk.sha256} has ${rows} rows, not ${chunk.rows}`)
  table.update(lines)
}

/** Lines, each ended by a line feed: within JSON there is none. */
function rowsOf(lines: Buffer): number {
  let rows = 0
  let end = -1
  for (let at = lines.indexOf(LINE_FEED); at !== -1; at = lines.indexOf(LINE_FEED, at + 1)) {
    rows++
    end = at
  }
  return end === lines.length - 1 ? rows : -1
}

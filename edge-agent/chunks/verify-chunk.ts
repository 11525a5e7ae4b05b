import { createHash, type Hash } from 'node:crypto'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import { Refusal } from '../trust/refusal.ts'
import type { ChunkDirectory } from './chunk-directory.ts'
import { readChunk } from './read-chunk.ts'

const LINE_FEED = 10

/**
 * Reads a chunk and checks its size, its hash and its number of rows; adds it to the hash of its table.
 * @throws Refusal `content`.
 */
export async function verifyChunk(chunks: ChunkDirectory, chunk: ManifestChunk, table: Hash): Promise<void> {
  const lines = await readChunk(chunks, chunk)
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

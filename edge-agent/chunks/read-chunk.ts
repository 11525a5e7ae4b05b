import { promisify } from 'node:util'
import { constants, zstdDecompress } from 'node:zlib'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import { Refusal } from '../trust/refusal.ts'
import type { ChunkDirectory } from './chunk-directory.ts'

const decompress = promisify(zstdDecompress)
/** Memory that a frame may ask for, as a power of two: a chunk is at most 16 MiB, and needs no more. */
const WINDOW_LOG = 24

/**
 * The canonical lines of a chunk. Never more than `bytes` are decompressed, whatever the file holds.
 * @throws Refusal `content` when it is no zstd, or not of that size.
 */
export async function readChunk(
  chunks: ChunkDirectory,
  { sha256, bytes }: Pick<ManifestChunk, 'sha256' | 'bytes'>,
): Promise<Buffer> {
  try {
    const stored = await chunks.read(sha256)
    const lines = await decompress(stored, {
      maxOutputLength: bytes,
      // One buffer rather than many that are then joined; with room left, or zlib makes a second of the same size.
      chunkSize: bytes + 64,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    })
    if (lines.length === bytes) return lines
    throw new Error(`it holds ${lines.length} bytes, not ${bytes}`)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Refusal('content', `chunk ${sha256} is not what was signed: ${why}`, { cause })
  }
}

import { promisify } from 'node:util'
import { zstdCompress, zstdCompressSync } from 'node:zlib'

const compressElsewhere = promisify(zstdCompress)

/** What is smaller is compressed here, within some tenths of a millisecond; another thread costs more than that. */
const SMALL = 16 * 1024

/** zstd. What is large is compressed on another thread. */
export async function compress(bytes: Buffer): Promise<Buffer> {
  // Told the size, zstd takes as much memory as that needs: a small object costs a tenth of the time then.
  const options = { pledgedSrcSize: bytes.length }
  return bytes.length < SMALL ? zstdCompressSync(bytes, options) : await compressElsewhere(bytes, options)
}

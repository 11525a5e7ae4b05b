import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/**
 * Writes chunks into a new file that only its owner can read, to the disk itself, and tells what it holds.
 * @throws what writing or the chunks throw; the file is then as far as it came.
 */
export async function writeSnapshot(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  await using file = await open(path, 'w', 0o600)
  for await (const chunk of chunks) {
    hash.update(chunk)
    await file.writeFile(chunk)
    bytes += chunk.length
    onBytes(bytes)
  }
  await file.sync()
  return { bytes, sha256: hash.digest('hex') }
}

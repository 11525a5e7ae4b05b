import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import type { PayloadSource } from './device-ports.ts'

const decompress = promisify(zstdDecompress)

/** An object is not, or not any more, what a manifest says: what is being sent cannot be finished. */
export class PayloadBroken extends Error {
  override readonly name = 'PayloadBroken'
}

/**
 * The canonical lines of these chunks, a chunk at a time: NDJSON, each piece of whole lines.
 * @throws PayloadBroken when one is gone, or is not what its hash says; what an outage throws.
 */
export async function* payloadLines(
  payloads: PayloadSource,
  chunks: readonly ManifestChunk[],
): AsyncGenerator<Buffer, void> {
  for (const { sha256, bytes } of chunks) {
    const stored = await payloads.read(sha256)
    if (stored === undefined) throw new PayloadBroken(`object ${sha256} is gone`)
    // Bounded by what the manifest promises: nothing grows beyond it.
    const lines = await decompress(stored.bytes, { maxOutputLength: bytes }).catch((cause: unknown) => {
      throw new PayloadBroken(`object ${sha256} cannot be unpacked`, { cause })
    })
    if (createHash('sha256').update(lines).digest('hex') !== sha256)
      throw new PayloadBroken(`object ${sha256} is not what its name says`)
    yield lines
  }
}

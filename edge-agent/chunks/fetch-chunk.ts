import { type ManifestChunk, type ManifestId } from '../../schemas/device-sync/manifest.ts'
import { MAX_FETCH_BYTES } from '../../schemas/device-sync/messages.ts'
import { Backoff } from '../backoff.ts'
import { type Central, CentralAway, type FetchedPiece } from '../central/central.ts'
import { Superseded } from './superseded.ts'
import type { ChunkDirectory } from './chunk-directory.ts'
import { Refusal } from '../trust/refusal.ts'

export interface FetchPorts {
  readonly central: Pick<Central, 'fetch'>
  readonly chunks: ChunkDirectory
  readonly signal: AbortSignal
  /** Told of bytes that came. */
  readonly onBytes: (bytes: number) => void
  /** How long central may stay away before this gives up, in milliseconds; what came stays on disk. */
  readonly patienceMs: number
}

/** zstd never makes a chunk larger by more than this: more is not asked for. */
const OVERHEAD_BYTES = 64 * 1024
/** A part that changes its form so often is not going to be whole. */
const MOST_FORMS = 4

/**
 * Brings one chunk to disk, from the bytes that are there already.
 * @throws Superseded, CentralAway, or Refusal when it is larger than a chunk of so many bytes can be.
 */
export async function fetchChunk(ports: FetchPorts, manifestId: ManifestId, chunk: ManifestChunk): Promise<void> {
  const { chunks } = ports
  const { sha256, bytes } = chunk
  let part = await chunks.part(sha256)
  let offset = part?.size ?? 0
  for (let forms = 0; ;) {
    const piece = await patiently(ports, () =>
      ports.central.fetch({ manifestId, sha256, offset, length: MAX_FETCH_BYTES }, ports.signal),
    )
    if (piece.status === 'invalid' && offset > 0) {
      // Beyond the end of the form that central has now.
      await chunks.drop(sha256)
      part = undefined
      offset = 0
      if (++forms > MOST_FORMS) throw new CentralAway(`central does not give chunk ${sha256}`)
      continue
    }
    if (piece.status !== 'ok') throw noPiece(piece.status, sha256)
    const { etag, totalBytes } = piece
    if (totalBytes > bytes + OVERHEAD_BYTES)
      throw new Refusal('content', `chunk ${sha256} is of ${bytes} bytes, and central would send ${totalBytes}`)
    if (offset > 0 && part?.isOf(etag) !== true) {
      await chunks.drop(sha256)
      part = undefined
      offset = 0
      if (++forms > MOST_FORMS) throw new CentralAway(`central keeps changing chunk ${sha256}`)
      continue
    }
    const came = piece.bytes.subarray(0, totalBytes - offset)
    if (came.length === 0 && offset < totalBytes) throw new CentralAway(`central sent nothing of chunk ${sha256}`)
    await chunks.append(sha256, etag, offset, came)
    ports.onBytes(came.length)
    offset += came.length
    if (offset >= totalBytes) return chunks.complete(sha256, etag)
    part ??= await chunks.part(sha256)
  }
}

/** Asks again while central is away, for a bounded time: it may be restarting. */
async function patiently(ports: FetchPorts, ask: () => Promise<FetchedPiece>): Promise<FetchedPiece> {
  const { signal, patienceMs } = ports
  const backoff = new Backoff(100, 3000)
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof CentralAway) || performance.now() > deadline) throw error
      await backoff.wait(signal)
      signal.throwIfAborted()
    }
  }
}

function noPiece(status: 'superseded' | 'not_named' | 'gone' | 'invalid', sha256: string): Error {
  if (status === 'superseded' || status === 'gone') return new Superseded(`chunk ${sha256}: ${status}`)
  return new CentralAway(`central answers a fetch of chunk ${sha256} with "${status}"`)
}

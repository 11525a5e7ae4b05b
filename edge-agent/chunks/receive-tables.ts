import { createHash, type Hash } from 'node:crypto'
import type { ManifestChunk, ManifestId, ManifestTable } from '../../schemas/device-sync/manifest.ts'
import { Refusal } from '../trust/refusal.ts'
import { fetchChunk, type FetchPorts } from './fetch-chunk.ts'
import { readChunk } from './read-chunk.ts'
import { verifyChunk } from './verify-chunk.ts'

/** Chunks that are fetched at one moment. */
const IN_FLIGHT = 8

/**
 * Brings the chunks of the tables that are not on disk there, and verifies all in their order while later ones are still
 * being fetched: sizes, rows, the hash of each chunk and of each table. When this resolves the tables can be loaded.
 * @throws Refusal `content`, Superseded, CentralAway.
 */
export async function receiveTables(
  ports: FetchPorts,
  manifestId: ManifestId,
  tables: readonly ManifestTable[],
): Promise<void> {
  const stop = new AbortController()
  const inner = { ...ports, signal: AbortSignal.any([ports.signal, stop.signal]) }
  const { arrived, ended } = fetchAll(inner, manifestId, tables)
  try {
    for (const table of tables) {
      const hash = createHash('sha256')
      const read = (chunk: ManifestChunk): Promise<Buffer> => {
        const lines = arrived(chunk).then(() => readChunk(inner.chunks, chunk))
        // One that fails is heard in its turn.
        lines.catch(() => undefined)
        return lines
      }
      let ahead: Promise<Buffer> | undefined
      for (const [i, chunk] of table.chunks.entries()) {
        const lines = ahead ?? read(chunk)
        const next = table.chunks[i + 1]
        // Unpacked by another thread while this one is hashed.
        ahead = next === undefined ? undefined : read(next)
        await arrived(chunk)
        await verified(lines, chunk, hash).catch(async (error: unknown) => {
          if (!(error instanceof Refusal)) throw error
          // Once more: a disk may have spoilt what was good when it came.
          await inner.chunks.drop(chunk.sha256)
          await fetchChunk(inner, manifestId, chunk)
          await verified(readChunk(inner.chunks, chunk), chunk, hash).catch(async (again: unknown) => {
            await inner.chunks.drop(chunk.sha256)
            throw again
          })
        })
      }
      const sha256 = hash.digest('hex')
      if (sha256 !== table.sha256)
        throw new Refusal('content', `table ${table.name} has the hash ${sha256}, not ${table.sha256}`)
    }
  } finally {
    stop.abort()
    await ended
  }
}

async function verified(lines: Promise<Buffer>, chunk: ManifestChunk, table: Hash): Promise<void> {
  verifyChunk(await lines, chunk, table)
}

/** Fetches several at a time, in the order in which they will be wanted; each chunk once, however often it is named. */
function fetchAll(
  ports: FetchPorts,
  manifestId: ManifestId,
  tables: readonly ManifestTable[],
): { readonly arrived: (chunk: ManifestChunk) => Promise<void>; readonly ended: Promise<unknown> } {
  const wanted = new Map(tables.flatMap(({ chunks }) => chunks.map((chunk) => [chunk.sha256, chunk] as const)))
  const arrivals = new Map([...wanted.keys()].map((sha256) => [sha256, Promise.withResolvers<void>()]))
  // They are awaited in order: one that fails before its turn is heard later.
  for (const { promise } of arrivals.values()) promise.catch(() => undefined)
  const queue = wanted.values()
  const fetcher = async (): Promise<void> => {
    for (const chunk of queue) {
      const arrival = arrivals.get(chunk.sha256)
      try {
        ports.signal.throwIfAborted()
        if (!ports.chunks.has(chunk.sha256)) await fetchChunk(ports, manifestId, chunk)
        arrival?.resolve()
      } catch (error) {
        arrival?.reject(error)
      }
    }
  }
  return {
    arrived: async ({ sha256 }) => arrivals.get(sha256)?.promise,
    ended: Promise.all(Array.from({ length: IN_FLIGHT }, fetcher)),
  }
}

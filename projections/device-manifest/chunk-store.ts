import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ClientBase } from 'pg'
import type { Chunk } from './chunk-cutter.ts'
import { compress } from '../compress.ts'
import type { StoredChunk } from './payload.ts'
import type { PayloadObjects } from './payload-objects.ts'

const KNOWN = 100_000

/** Stores chunks that are not stored yet, by the ledger's word. One instance is one tenure of the builder. */
export class ChunkStore {
  readonly #objects: PayloadObjects
  readonly #ledger: ClientBase
  /** Size as stored. */
  readonly #known = new LRUCache<string, number>({ max: KNOWN })
  #stored = { chunks: 0, bytes: 0 }

  constructor(objects: PayloadObjects, ledger: ClientBase) {
    this.#objects = objects
    this.#ledger = ledger
  }

  /** What was stored since the tenure began. */
  get stored(): { readonly chunks: number; readonly bytes: number } {
    return this.#stored
  }

  /** All are stored when this resolves; answered in their order. */
  async store(chunks: readonly Chunk[]): Promise<readonly StoredChunk[]> {
    const hashed = chunks.map((chunk) => ({ ...chunk, sha256: createHash('sha256').update(chunk.bytes).digest('hex') }))
    await this.#look(hashed.map(({ sha256 }) => sha256).filter((sha256) => !this.#known.has(sha256)))
    return Promise.all(
      hashed.map(async ({ sha256, rows, bytes }) => {
        const storedBytes = this.#known.get(sha256) ?? (await this.#put(sha256, bytes))
        return { sha256, rows, bytes: bytes.length, storedBytes }
      }),
    )
  }

  /** They are stored no more. */
  forget(hashes: Iterable<string>): void {
    for (const sha256 of hashes) this.#known.delete(sha256)
  }

  async #look(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return
    const { rows } = await this.#ledger.query<{ sha256: string; stored_bytes: string }>(
      'select sha256, stored_bytes from chunks where sha256 = any ($1)',
      [hashes],
    )
    for (const { sha256, stored_bytes } of rows) this.#known.set(sha256, Number(stored_bytes))
  }

  async #put(sha256: string, bytes: Buffer): Promise<number> {
    const compressed = await compress(bytes)
    await this.#objects.put(sha256, compressed)
    this.#known.set(sha256, compressed.length)
    this.#stored = { chunks: this.#stored.chunks + 1, bytes: this.#stored.bytes + compressed.length }
    return compressed.length
  }
}

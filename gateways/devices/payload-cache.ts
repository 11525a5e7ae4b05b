import { LRUCache } from 'lru-cache'
import { MAX_CHUNK_BYTES } from '../../schemas/device-sync/manifest.ts'
import type { PayloadSource, StoredPayload } from './device-ports.ts'

/** What compression may add to what cannot be compressed. */
const LARGEST = MAX_CHUNK_BYTES + 64 * 1024

/**
 * Objects as they were last asked for, up to a number of bytes: a device reads one in many pieces, and the devices of a
 * location read the same ones. One that many ask for at once is read once; `abreast` are read at once.
 */
export class PayloadCache implements PayloadSource {
  readonly #source: PayloadSource
  readonly #held: LRUCache<string, StoredPayload>
  readonly #reading = new Map<string, Promise<StoredPayload | undefined>>()
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(source: PayloadSource, options: { readonly bytes: number; readonly abreast: number }) {
    this.#source = source
    this.#held = new LRUCache({
      maxSize: options.bytes,
      maxEntrySize: LARGEST,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes.length),
    })
    this.#free = options.abreast
  }

  async read(sha256: string): Promise<StoredPayload | undefined> {
    const held = this.#held.get(sha256)
    if (held !== undefined) return held
    const reading = this.#reading.get(sha256)
    if (reading !== undefined) return reading
    const started = this.#load(sha256).finally(() => this.#reading.delete(sha256))
    this.#reading.set(sha256, started)
    return started
  }

  async #load(sha256: string): Promise<StoredPayload | undefined> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#free--
    try {
      const payload = await this.#source.read(sha256)
      if (payload !== undefined) this.#held.set(sha256, payload)
      return payload
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}

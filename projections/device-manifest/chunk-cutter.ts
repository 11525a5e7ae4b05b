import { MAX_CHUNK_BYTES } from '../../schemas/device-sync/manifest.ts'

/** Rows that stand together: bytes of whole canonical lines. */
export interface Chunk {
  readonly bytes: Buffer
  readonly rows: number
}

const LINE_FEED = 10
const BEGINS_CHUNK = '1'.charCodeAt(0)
/** Where no row happens to begin a chunk, one begins all the same: what a device holds in memory stays small. */
const MOST_ROWS = 32_768
const MOST_BYTES = MAX_CHUNK_BYTES / 2

/** Cuts a stream of flagged lines (see `flaggedLineSql`) into chunks, and takes the flags out. */
export class ChunkCutter {
  #chunk = Buffer.allocUnsafe(64 * 1024)
  #length = 0
  #rows = 0
  /** A line of which the end has not come yet. */
  #rest: Buffer = Buffer.alloc(0)

  /** The chunks that end in this piece of the stream. @throws RangeError on a row that is larger than a chunk may be. */
  push(piece: Buffer): readonly Chunk[] {
    const data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    const done: Chunk[] = []
    let start = 0
    for (let end = data.indexOf(LINE_FEED); end !== -1; end = data.indexOf(LINE_FEED, start)) {
      const length = end - start
      if (this.#rows > 0 && (data[start] === BEGINS_CHUNK || this.#isFull(length))) done.push(this.#take())
      this.#add(data, start + 1, end + 1)
      start = end + 1
    }
    this.#rest = Buffer.from(data.subarray(start))
    if (this.#rest.length > MAX_CHUNK_BYTES) throw tooLarge(this.#rest.length)
    return done
  }

  /** The last chunk, when the stream has ended; none of no rows. */
  end(): Chunk | undefined {
    return this.#rows === 0 ? undefined : this.#take()
  }

  #isFull(more: number): boolean {
    return this.#rows === MOST_ROWS || this.#length + more > MOST_BYTES
  }

  #add(data: Buffer, start: number, end: number): void {
    const length = this.#length + end - start
    if (length > MAX_CHUNK_BYTES) throw tooLarge(length)
    if (length > this.#chunk.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(length, this.#chunk.length * 2), MAX_CHUNK_BYTES))
      this.#chunk.copy(larger, 0, 0, this.#length)
      this.#chunk = larger
    }
    data.copy(this.#chunk, this.#length, start, end)
    this.#length = length
    this.#rows++
  }

  #take(): Chunk {
    const chunk = { bytes: Buffer.from(this.#chunk.subarray(0, this.#length)), rows: this.#rows }
    this.#length = 0
    this.#rows = 0
    return chunk
  }
}

function tooLarge(bytes: number): RangeError {
  return new RangeError(`a row of ${bytes} bytes is more than a chunk may hold (${MAX_CHUNK_BYTES})`)
}

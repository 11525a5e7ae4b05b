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
  /** The beginning of a line of which the end has not come yet. */
  #rest: Buffer[] = []
  #restLength = 0

  /** The chunks that end in this piece of the stream. @throws RangeError on a row that is larger than a chunk may be. */
  push(piece: Buffer): readonly Chunk[] {
    const done: Chunk[] = []
    let start = 0
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      this.#line(
        this.#rest.length === 0 ? piece.subarray(start, end + 1) : this.#whole(piece.subarray(0, end + 1)),
        done,
      )
      start = end + 1
    }
    if (start < piece.length) this.#keep(piece.subarray(start))
    return done
  }

  #line(line: Buffer, done: Chunk[]): void {
    if (this.#rows > 0 && (line[0] === BEGINS_CHUNK || this.#isFull(line.length))) done.push(this.#take())
    this.#add(line)
  }

  #whole(end: Buffer): Buffer {
    const line = Buffer.concat([...this.#rest, end])
    this.#rest = []
    this.#restLength = 0
    return line
  }

  #keep(part: Buffer): void {
    // A copy: the piece would be kept whole by it.
    this.#rest.push(Buffer.from(part))
    this.#restLength += part.length
    if (this.#restLength > MAX_CHUNK_BYTES) throw tooLarge(this.#restLength)
  }

  /** The last chunk, when the stream has ended; none of no rows. */
  end(): Chunk | undefined {
    return this.#rows === 0 ? undefined : this.#take()
  }

  #isFull(more: number): boolean {
    return this.#rows === MOST_ROWS || this.#length + more > MOST_BYTES
  }

  /** Adds the line without its flag. */
  #add(line: Buffer): void {
    const length = this.#length + line.length - 1
    if (length > MAX_CHUNK_BYTES) throw tooLarge(length)
    if (length > this.#chunk.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(length, this.#chunk.length * 2), MAX_CHUNK_BYTES))
      this.#chunk.copy(larger, 0, 0, this.#length)
      this.#chunk = larger
    }
    line.copy(this.#chunk, this.#length, 1)
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

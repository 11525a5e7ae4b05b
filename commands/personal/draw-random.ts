import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096
/** Drawn for many at once: a call takes 3.5 µs for 12 bytes, and 7 for three thousand. */
const pool = Buffer.alloc(POOL_BYTES)
let drawn = POOL_BYTES

/** Random bytes, at most 4,096 at once, that nobody else gets: good for nonces and for keys. What was drawn is wiped from the pool. */
export function drawRandom(bytes: number): Buffer {
  if (bytes > POOL_BYTES) throw new RangeError(`${bytes} random bytes at once are more than ${POOL_BYTES}`)
  if (drawn + bytes > POOL_BYTES) {
    randomFillSync(pool)
    drawn = 0
  }
  const from = drawn
  drawn += bytes
  // A copy with memory of its own: slices of one that is shared would keep keys beside other people's bytes.
  const random = Buffer.alloc(bytes)
  pool.copy(random, 0, from, drawn)
  pool.fill(0, from, drawn)
  return random
}

import { ulid } from 'ulid'

/** Random bytes are drawn many at a time: one call to the system per character was an eighth of a busy process' time. */
const pool = new Uint8Array(4096)
let used = pool.length

/** All texts of two digits, in their order. */
const PAIRS = Array.from({ length: 32 * 32 }, (_, n) => digit(n >> 5) + digit(n & 31))
/** The last four digits are counted. */
const COUNTED = PAIRS.length ** 2

let time = 0
/** Time and random digits of the ULIDs of this millisecond, but for what is counted. */
let head = ''
let next = COUNTED

/**
 * A fresh ULID. Those of one process sort in the order in which they were made, also within a millisecond: the first of it
 * is random, the others are counted from there. It has room for half a million, and those after them are of the next one.
 * @see https://github.com/ulid/spec
 */
export function newUlid(): string {
  const now = Date.now()
  if (now > time || next === COUNTED) begin(Math.max(now, time + 1))
  const tail = next++
  return head + `${PAIRS[tail >> 10]}${PAIRS[tail & 1023]}`
}

function begin(millisecond: number): void {
  time = millisecond
  head = ulid(time, random).slice(0, -4)
  next = Math.floor((random() + random() / 256) * 2 ** 19)
}

function random(): number {
  if (used === pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  return (pool[used++] ?? 0) / 256
}

function digit(n: number): string {
  return '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(n)
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Place of the first of the 16 random characters. */
const RANDOM = 10

/**
 * The `n`-th (0 to 1,023) of the ids that one fresh ULID stands for; the 0th is itself. They differ in their upper random
 * bits, which neither other ids of this process and millisecond share nor, but by the chance of any two ULIDs, others.
 */
export function nthId(ulid: string, n: number): string {
  if (n === 0) return ulid
  const high = shifted(ulid.charAt(RANDOM), n >> 5)
  return `${ulid.slice(0, RANDOM)}${high}${shifted(ulid.charAt(RANDOM + 1), n & 31)}${ulid.slice(RANDOM + 2)}`
}

function shifted(character: string, by: number): string {
  return ALPHABET.charAt(ALPHABET.indexOf(character) ^ by)
}

import { randomInt } from 'node:crypto'
import { nameKey } from '../../../domain/alias/name-key.ts'

/** NFKC makes at most 18 characters of one, UTF-8 at most 3 bytes of each: room for the key of any name. */
const MOST_BYTES = 16_383
/** A name that is longer than names can be stands for nothing. */
export const LONGEST_NAME = 255
/** Keeps people who choose names from choosing which of them collide. */
const SEED = randomInt(2 ** 31)

/**
 * The key of a name, as words of its bytes with a hash over them, for {@link AliasTable}. It is written over by each
 * name that is folded: a lookup allocates nothing. Names in ASCII are folded four letters at a time, which takes half
 * of what `toLowerCase` and the hash of its result take; all others go through `nameKey`.
 */
export class FoldedName {
  readonly words = new Int32Array((MOST_BYTES + 1) / 4)
  /** Bytes of the key: two keys of the same words can still differ in length, by a NUL. */
  bytes = 0
  hash = 0
  readonly #bytes = new Uint8Array(this.words.buffer)

  /** Takes in a name as people write it. @returns false when it can be no name: empty, or too long. */
  fold(name: string): boolean {
    const { length } = name
    if (length === 0 || length > LONGEST_NAME) return false
    if (!this.#foldAscii(name)) this.#foldKey(nameKey(name))
    return true
  }

  /** As {@link fold}, for what is a key already: it may be longer than any name. @throws RangeError beyond what a name can become. */
  takeKey(key: string): void {
    this.#foldKey(key)
  }

  #foldAscii(name: string): boolean {
    const { length } = name
    const { words } = this
    const whole = length >>> 2
    let hash = SEED ^ length
    let at = 0
    for (let i = 0; i < whole; i++, at += 4) {
      const a = name.charCodeAt(at)
      const b = name.charCodeAt(at + 1)
      const c = name.charCodeAt(at + 2)
      const d = name.charCodeAt(at + 3)
      if ((a | b | c | d) > 0x7f) return false
      const word = lowerCase(a | (b << 8) | (c << 16) | (d << 24))
      words[i] = word
      hash = mix(hash, word)
    }
    if (at < length) {
      let last = 0
      for (let shift = 0; at < length; at++, shift += 8) {
        const letter = name.charCodeAt(at)
        if (letter > 0x7f) return false
        last |= letter << shift
      }
      last = lowerCase(last)
      words[whole] = last
      hash = mix(hash, last)
    }
    this.bytes = length
    this.hash = hash
    return true
  }

  #foldKey(key: string): void {
    if (key.length > MOST_BYTES) throw new RangeError(`a name key of ${key.length} characters`)
    // What looks foreign can fold into plain letters: the Kelvin sign is `k`.
    if (this.#foldAscii(key)) return
    const { read, written } = utf8.encodeInto(key, this.#bytes.subarray(0, MOST_BYTES))
    if (read < key.length) throw new RangeError(`a name key of ${key.length} characters`)
    this.#bytes.fill(0, written, wordsOf(written) * 4)
    this.bytes = written
    this.hash = hashWords(this.words, 0, written)
  }
}

const utf8 = new TextEncoder()

/** How many words so many bytes take. */
export function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2
}

/** The hash of a key of so many bytes whose words begin at `from`. */
export function hashWords(words: Int32Array, from: number, bytes: number): number {
  let hash = SEED ^ bytes
  const end = from + wordsOf(bytes)
  for (let i = from; i < end; i++) hash = mix(hash, words[i] ?? 0)
  return hash
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** Four ASCII letters at once: the high bit of each byte tells whether it is in A–Z, and becomes the bit of lower case. */
function lowerCase(word: number): number {
  const upper = (word + 0x3f3f3f3f) & ~(word + 0x25252525) & 0x80808080
  return word | (upper >>> 2)
}

import { hash } from 'node:crypto'
import type { PublishedEntry } from './published-content.ts'

/** Tells contents apart, whatever the order in which their entries come. */
export class ContentDigest {
  #count = 0
  #sum = 0n

  add({ node, nameKey, name, target, id, expires }: PublishedEntry): void {
    const text = JSON.stringify([node, nameKey, name, target, id, expires])
    this.#count++
    this.#sum = BigInt.asUintN(64, this.#sum + hash('sha256', text, 'buffer').readBigUInt64LE())
  }

  equals(other: ContentDigest): boolean {
    return this.#count === other.#count && this.#sum === other.#sum
  }
}

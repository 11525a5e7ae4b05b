import type { KeyBucket, PlacedKey, StoredKey } from './key-bucket.ts'

/** The bucket's contract in its plainest form. */
export class InMemoryKeyBucket implements KeyBucket {
  readonly #placed = new Map<string, readonly PlacedKey[]>()
  #revision = 0

  async read(person: string): Promise<PlacedKey | undefined> {
    return this.#placed.get(person)?.at(-1)
  }

  async write(person: string, key: StoredKey, expectedRevision: number): Promise<number | undefined> {
    const before = this.#placed.get(person) ?? []
    if ((before.at(-1)?.revision ?? 0) !== expectedRevision) return undefined
    const revision = ++this.#revision
    this.#placed.set(person, [...before, { key, revision }])
    return revision
  }

  async eraseBefore(person: string, revision: number): Promise<void> {
    const left = this.#placed.get(person)?.filter((placed) => placed.revision >= revision) ?? []
    this.#placed.set(person, left)
  }

  async *all(): AsyncGenerator<readonly [string, PlacedKey], void> {
    for (const [person, placed] of this.#placed) {
      const newest = placed.at(-1)
      if (newest !== undefined) yield [person, newest]
    }
  }
}

import type { KeyBucket, PlacedKeys, StoredKeys } from './key-bucket.ts'
import type { KeyName } from './key-names.ts'

/** The bucket's contract in its plainest form. */
export class InMemoryKeyBucket implements KeyBucket {
  readonly #placed = new Map<KeyName, readonly PlacedKeys[]>()
  #revision = 0

  async read(name: KeyName): Promise<PlacedKeys | undefined> {
    return this.#placed.get(name)?.at(-1)
  }

  async write(name: KeyName, keys: StoredKeys, expectedRevision: number): Promise<number | undefined> {
    const before = this.#placed.get(name) ?? []
    if ((before.at(-1)?.revision ?? 0) !== expectedRevision) return undefined
    const revision = ++this.#revision
    this.#placed.set(name, [...before, { keys, revision }])
    return revision
  }

  async eraseBefore(name: KeyName, revision: number): Promise<void> {
    const left = this.#placed.get(name)?.filter((placed) => placed.revision >= revision) ?? []
    this.#placed.set(name, left)
  }

  async *all(): AsyncGenerator<readonly [KeyName, PlacedKeys], void> {
    for (const [name, placed] of this.#placed) {
      const newest = placed.at(-1)
      if (newest !== undefined) yield [name, newest]
    }
  }
}

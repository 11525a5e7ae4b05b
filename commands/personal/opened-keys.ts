import type { StoredKeys } from './key-bucket.ts'
import { type KeyName, ownerOf, placeOfKey } from './key-names.ts'
import type { MasterKeys, WrappedKey } from './master-keys.ts'
import type { PersonKey } from './person-key.ts'

/** What stood under one name of the bucket, each key unwrapped when it is first asked for: that takes as long as to seal an event. */
export class OpenedKeys {
  readonly #name: KeyName
  readonly #stored: StoredKeys
  readonly #masterKeys: MasterKeys
  readonly #unwrapped: Map<string, PersonKey>

  /** @param made those that were wrapped here a moment ago. */
  constructor(name: KeyName, stored: StoredKeys, masterKeys: MasterKeys, made: readonly PersonKey[] = []) {
    this.#name = name
    this.#stored = stored
    this.#masterKeys = masterKeys
    this.#unwrapped = new Map(made.map((key) => [key.id, key]))
  }

  /** @param id of a key that is kept under this name. `undefined`: it was destroyed. @throws EventStoreUnavailable where no master key of this process opens it. */
  get(id: string): PersonKey | undefined {
    const known = this.#unwrapped.get(id)
    if (known !== undefined) return known
    const wrapped = this.#wrapped(id)
    if (wrapped === undefined) return undefined
    const key = this.#masterKeys.unwrap(ownerOf(this.#name), wrapped)
    this.#unwrapped.set(id, key)
    return key
  }

  #wrapped(id: string): WrappedKey | undefined {
    const stored = this.#stored
    if (stored.status === 'erased') return undefined
    if (stored.status === 'wrapped') return stored.id === id ? stored : undefined
    const wrapped = stored.keys[placeOfKey(id)]
    return typeof wrapped === 'string' ? { id, masterKey: stored.masterKey, wrapped } : undefined
  }
}

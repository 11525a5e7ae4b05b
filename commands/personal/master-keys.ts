import { createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto'
import { EventStoreUnavailable } from '../event-store.ts'
import { open, seal } from './seal.ts'
import type { PersonKey } from './person-key.ts'
import type { StoredKey } from './key-bucket.ts'

type WrappedKey = Extract<StoredKey, { status: 'wrapped' }>

/**
 * The master keys of this process: people's keys are wrapped with the first, and unwrapped with whichever they were
 * wrapped with. More than one only while a master key is being replaced.
 */
export class MasterKeys {
  /** Names the key that is wrapped with; public. */
  readonly current: string
  readonly #secrets: ReadonlyMap<string, KeyObject>

  /** @param texts `MASTER_KEY` as it was configured, then those that are only read with. */
  constructor([current, ...others]: readonly [string, ...string[]]) {
    this.current = masterKeyId(current)
    this.#secrets = new Map([current, ...others].map((text) => [masterKeyId(text), masterSecret(text)]))
  }

  /** Whether the master key of this name is among them. */
  has(masterKey: string): boolean {
    return this.#secrets.has(masterKey)
  }

  wrap(person: string, { id, secret }: PersonKey): WrappedKey {
    const wrapped = seal(this.#secret(this.current, person), secret.export(), place(person, id))
    return { status: 'wrapped', id, masterKey: this.current, wrapped }
  }

  /** @throws EventStoreUnavailable when it was wrapped with a master key that is not here, or is no longer what it was. */
  unwrap(person: string, { id, masterKey, wrapped }: WrappedKey): PersonKey {
    const opened = open(this.#secret(masterKey, person), wrapped, place(person, id))
    if (opened === undefined) throw new EventStoreUnavailable(`the key of person ${person} is damaged`)
    return { id, secret: createSecretKey(opened) }
  }

  #secret(masterKey: string, person: string): KeyObject {
    const secret = this.#secrets.get(masterKey)
    if (secret !== undefined) return secret
    throw new EventStoreUnavailable(
      `the key of person ${person} was wrapped with master key ${masterKey}, which this process does not have: MASTER_KEY is ${this.current}`,
    )
  }
}

/** Says which master key it is, and nothing about it that would help to guess it. */
export function masterKeyId(text: string): string {
  return hash('sha256', derived(text, 'pharos master key id'), 'hex').slice(0, 12)
}

function masterSecret(text: string): KeyObject {
  return createSecretKey(derived(text, 'pharos master key'))
}

/** Of any text of enough entropy, a key for one purpose. */
function derived(text: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', text, '', purpose, 32))
}

function place(person: string, id: string): string {
  return JSON.stringify(['person-key', person, id])
}

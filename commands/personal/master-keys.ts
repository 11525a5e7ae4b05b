import { createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto'
import { EventStoreUnavailable } from '../event-store.ts'
import { open, seal } from './seal.ts'
import type { PersonKey } from './person-key.ts'

/** A key as it is kept, and the name of the master key that it is wrapped with. */
export interface WrappedKey {
  readonly id: string
  readonly masterKey: string
  readonly wrapped: string
}

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

  /** @param owner the sheet or the person that the key is kept under: for no other does it unwrap. */
  wrap(owner: string, { id, secret }: PersonKey): string {
    return seal(this.#secret(this.current, id), secret.export(), place(owner, id))
  }

  /** @throws EventStoreUnavailable when it was wrapped with a master key that is not here, or is no longer what it was. */
  unwrap(owner: string, { id, masterKey, wrapped }: WrappedKey): PersonKey {
    const opened = open(this.#secret(masterKey, id), wrapped, place(owner, id))
    if (opened === undefined) throw new EventStoreUnavailable(`the key ${id} of ${owner} is damaged`)
    return { id, secret: createSecretKey(opened) }
  }

  #secret(masterKey: string, id: string): KeyObject {
    const secret = this.#secrets.get(masterKey)
    if (secret !== undefined) return secret
    throw new EventStoreUnavailable(
      `the key ${id} was wrapped with master key ${masterKey}, which this process does not have: MASTER_KEY is ${this.current}`,
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

function place(owner: string, id: string): string {
  return JSON.stringify(['person-key', owner, id])
}

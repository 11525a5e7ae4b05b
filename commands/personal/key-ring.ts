import { LazyLru } from '../lazy-lru.ts'
import { destroyKeys } from './destroy-keys.ts'
import { destroyedOn } from './destroyed-on.ts'
import type { KeyBucket, StoredKeys } from './key-bucket.ts'
import { type KeyName, nameOfKey, personOf } from './key-names.ts'
import { KeySupply } from './key-supply.ts'
import type { KeyUses } from './key-uses.ts'
import type { MasterKeys } from './master-keys.ts'
import { OpenedKeys } from './opened-keys.ts'
import type { PersonKey } from './person-key.ts'
import type { PersonKeys } from './person-keys.ts'

export interface KeyRingPorts {
  readonly bucket: KeyBucket
  readonly masterKeys: MasterKeys
  readonly uses: KeyUses
}

export interface KeyRingLimits {
  /** Sheets of keys in memory at once: 7 KB each, and 60 once all their keys were asked for. */
  readonly sheets: number
  /** People of whom is known with which key they are sealed. */
  readonly people: number
  /** A key that was destroyed elsewhere is forgotten when that is heard of, and after so many milliseconds in any case. */
  readonly knownMs: number
}

const DEFAULTS: KeyRingLimits = { sheets: 1_600, people: 100_000, knownMs: 5 * 60_000 }
/** In place of a key's id: the person was erased. */
const ERASED = Symbol('erased')

/** People's keys out of a bucket, the sheets of those last used kept in memory. */
export class KeyRing implements PersonKeys {
  readonly #ports: KeyRingPorts
  readonly #opened: LazyLru<KeyName, OpenedKeys>
  readonly #sealedWith: LazyLru<string, string | typeof ERASED>
  readonly #asked = new Map<KeyName, Promise<OpenedKeys | undefined>>()
  readonly #supply: KeySupply
  /** Erasures heard of, and other reasons to forget: what was read before the last of them is not kept. */
  #losses = 0

  constructor(ports: KeyRingPorts, limits: Partial<KeyRingLimits> = {}) {
    const { sheets, people, knownMs } = { ...DEFAULTS, ...limits }
    this.#ports = ports
    this.#opened = new LazyLru({ max: sheets, ttl: knownMs })
    this.#sealedWith = new LazyLru({ max: people })
    this.#supply = new KeySupply({ ...ports, onSheet: (...sheet) => this.#keep(this.#losses, ...sheet) })
  }

  peek(person: string, id: string): PersonKey | null | undefined {
    const opened = this.#opened.get(nameOfKey(id, person))
    return opened === undefined ? undefined : (opened.get(id) ?? null)
  }

  async find(person: string, id: string): Promise<PersonKey | undefined> {
    const name = nameOfKey(id, person)
    return (this.#opened.get(name) ?? (await this.#ask(name)))?.get(id)
  }

  ensure(person: string, isNew: boolean): PersonKey | undefined | Promise<PersonKey | undefined> {
    const id = this.#sealedWith.get(person)
    if (id === ERASED) return undefined
    if (id === undefined) return isNew ? this.#first(person) : this.#used(person)
    const key = this.peek(person, id)
    return key === undefined ? this.find(person, id) : (key ?? undefined)
  }

  async destroy(person: string): Promise<void> {
    const names = await destroyKeys(person, this.#ports)
    this.#lose()
    this.#sealedWith.set(person, ERASED)
    for (const name of names) this.#opened.delete(name)
  }

  /** Somebody, perhaps this ring, has written this there. */
  heard(name: KeyName, stored: StoredKeys): void {
    const person = personOf(name)
    if (stored.status === 'erased' && person !== undefined) this.#sealedWith.set(person, ERASED)
    const destroyed = stored.status === 'sheet' ? destroyedOn(name, stored) : new Set<string>()
    // New, or wrapped with another master key: the keys are what they were.
    if (stored.status !== 'erased' && destroyed.size === 0) return
    this.#lose()
    this.#opened.delete(name)
    this.#supply.strike(destroyed)
  }

  /** What was written meanwhile may not have been heard of. */
  forgetAll(): void {
    this.#lose()
    this.#opened.clear()
    this.#sealedWith.clear()
    this.#supply.giveUp()
  }

  /** What is being read may be older than what was heard of: it is not kept, and whoever asks from here on asks anew. */
  #lose(): void {
    this.#losses++
    this.#asked.clear()
  }

  async #first(person: string): Promise<PersonKey> {
    const key = await this.#supply.take()
    this.#sealedWith.set(person, key.id)
    return key
  }

  /** The log knows them: they go on with the key that they have. */
  async #used(person: string): Promise<PersonKey | undefined> {
    const id = (await this.#ports.uses(person)).at(-1)
    if (id === undefined) return this.#first(person)
    this.#sealedWith.set(person, id)
    return this.find(person, id)
  }

  /** One question at a time for a name, whoever asks. */
  #ask(name: KeyName): Promise<OpenedKeys | undefined> {
    const asked = this.#asked.get(name)
    if (asked !== undefined) return asked
    const since = this.#losses
    const answer = this.#ports.bucket
      .read(name)
      .then((placed) => (placed === undefined ? undefined : this.#keep(since, name, placed.keys)))
      .finally(() => {
        if (this.#asked.get(name) === answer) this.#asked.delete(name)
      })
    this.#asked.set(name, answer)
    return answer
  }

  /**
   * Keeps what was read unless something was heard of since: it may have been about this. Nor what no master key of this
   * process opens: that is an outage, which ends as soon as somebody has wrapped it anew.
   */
  #keep(since: number, name: KeyName, stored: StoredKeys, made?: readonly PersonKey[]): OpenedKeys {
    const opened = new OpenedKeys(name, stored, this.#ports.masterKeys, made)
    const isOfUse = stored.status === 'erased' || this.#ports.masterKeys.has(stored.masterKey)
    if (isOfUse && since === this.#losses) this.#opened.set(name, opened)
    return opened
  }
}

import { createSecretKey } from 'node:crypto'
import { LazyLru } from '../lazy-lru.ts'
import { EventStoreUnavailable } from '../event-store.ts'
import { drawRandom } from './draw-random.ts'
import type { KeyBucket, PlacedKey, StoredKey } from './key-bucket.ts'
import type { MasterKeys } from './master-keys.ts'
import type { PersonKey } from './person-key.ts'
import type { PersonKeys } from './person-keys.ts'

export interface KeyRingLimits {
  /** Keys in memory at once. */
  readonly known: number
  /** A key that was destroyed elsewhere is forgotten when that is heard of, and after so many milliseconds in any case. */
  readonly knownMs: number
}

const DEFAULTS: KeyRingLimits = { known: 100_000, knownMs: 5 * 60_000 }
/** Others may write at the same moment; each try begins with a read. */
const TRIES = 16

/** What is kept of a person: their key, or that they have none any more. */
type Known = { readonly key: PersonKey | undefined }

/** People's keys out of a bucket, unwrapped, the last used of them kept in memory. */
export class KeyRing implements PersonKeys {
  readonly #bucket: KeyBucket
  readonly #masterKeys: MasterKeys
  readonly #known: LazyLru<string, Known>
  readonly #asked = new Map<string, Promise<PersonKey | undefined>>()
  /** Erasures heard of, and other reasons to forget: what was read before the last of them is not kept. */
  #losses = 0
  #warming: Promise<void> | undefined

  constructor(bucket: KeyBucket, masterKeys: MasterKeys, limits: Partial<KeyRingLimits> = {}) {
    const { known, knownMs } = { ...DEFAULTS, ...limits }
    this.#bucket = bucket
    this.#masterKeys = masterKeys
    this.#known = new LazyLru({ max: known, ttl: knownMs })
  }

  peek(person: string): PersonKey | null | undefined {
    const known = this.#known.get(person)
    return known === undefined ? undefined : (known.key ?? null)
  }

  async find(person: string): Promise<PersonKey | undefined> {
    const known = this.#known.get(person)
    return known === undefined ? this.#ask(person) : known.key
  }

  async ensure(person: string, isNew: boolean): Promise<PersonKey | undefined> {
    const known = this.#known.get(person)
    if (known !== undefined) return known.key
    const since = this.#losses
    const fresh: PersonKey = { id: drawRandom(9).toString('base64url'), secret: createSecretKey(drawRandom(32)) }
    const wrapped = this.#masterKeys.wrap(person, fresh)
    for (let tries = isNew ? 1 : 0; tries < TRIES; tries++) {
      const placed = tries === 1 && isNew ? undefined : await this.#bucket.read(person)
      if (placed !== undefined) return this.#keep(person, placed, since)
      const revision = await this.#bucket.write(person, wrapped, 0)
      if (revision !== undefined) return this.#keep(person, { key: wrapped, revision }, since, fresh)
    }
    throw new EventStoreUnavailable(`the key of person ${person} changes faster than it can be read`)
  }

  warm(): Promise<void> {
    this.#warming ??= this.#takeIn().finally(() => (this.#warming = undefined))
    return this.#warming
  }

  async destroy(person: string): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const placed = await this.#bucket.read(person)
      const revision =
        placed?.key.status === 'erased'
          ? placed.revision
          : await this.#bucket.write(person, { status: 'erased' }, placed?.revision ?? 0)
      if (revision === undefined) continue
      this.heard(person, { status: 'erased' })
      // Also where it was erased already: a crash may have come between the two.
      return this.#bucket.eraseBefore(person, revision)
    }
    throw new EventStoreUnavailable(`the key of person ${person} changes faster than it can be destroyed`)
  }

  /** Somebody, perhaps this ring, has written this there. */
  heard(person: string, key: StoredKey): void {
    // Wrapped anew it is still the same key.
    if (key.status === 'wrapped' && [key.id, undefined].includes(this.#known.get(person)?.key?.id)) return
    this.#losses++
    if (key.status === 'erased') this.#known.set(person, { key: undefined })
    else this.#known.delete(person)
  }

  /** What was written meanwhile may not have been heard of. */
  forgetAll(): void {
    this.#losses++
    this.#known.clear()
  }

  /** One question at a time for a person, whoever asks. */
  #ask(person: string): Promise<PersonKey | undefined> {
    const asked = this.#asked.get(person)
    if (asked !== undefined) return asked
    const since = this.#losses
    const answer = this.#bucket
      .read(person)
      .then((placed) => (placed === undefined ? undefined : this.#keep(person, placed, since)))
      .finally(() => this.#asked.delete(person))
    this.#asked.set(person, answer)
    return answer
  }

  async #takeIn(): Promise<void> {
    const since = this.#losses
    let room = this.#known.max
    for await (const [person, placed] of this.#bucket.all()) {
      if (room-- <= 0 || since !== this.#losses) return
      this.#keep(person, placed, since)
    }
  }

  /** Keeps what was read unless something was heard of since: it may have been about this. */
  #keep(person: string, { key: stored }: PlacedKey, since: number, opened?: PersonKey): PersonKey | undefined {
    const key = stored.status === 'erased' ? undefined : (opened ?? this.#masterKeys.unwrap(person, stored))
    if (since === this.#losses) this.#known.set(person, { key })
    return key
  }
}

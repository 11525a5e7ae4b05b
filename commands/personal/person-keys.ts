import type { PersonKey } from './person-key.ts'

/**
 * The keys of people. Whoever's key is destroyed is erased: nobody can read what was sealed with it, and no new key is
 * ever made for them. All reject with EventStoreUnavailable when the keys cannot be asked for; that is never `undefined`.
 */
export interface PersonKeys {
  /** At once, if it is known here already: the key, or `null` for who is erased; `undefined` asks to use {@link find}. */
  peek(person: string): PersonKey | null | undefined

  /** `undefined` when there is none: the person was erased, or never had one. */
  find(person: string): Promise<PersonKey | undefined>

  /**
   * The key to seal with, made now if there is none; `undefined` for who was erased. Two who make it get the same.
   * `isNew`: there is none, most likely.
   */
  ensure(person: string, isNew: boolean): Promise<PersonKey | undefined>

  /** Many will be asked for: takes in as many as may be known at once. */
  warm(): Promise<void>

  /** Destroys the key for good, on the servers' disks too, and whatever stood before it. May be repeated. */
  destroy(person: string): Promise<void>
}

import type { PersonKey } from './person-key.ts'

/**
 * The keys of people. Whoever's key is destroyed is erased: nobody can read what was sealed with it, and nothing more is sealed
 * of them. All reject with EventStoreUnavailable when the keys cannot be asked for; that is never `undefined`.
 */
export interface PersonKeys {
  /** At once, if it is known here already: the person's key of this id, or `null` if it was destroyed; `undefined` asks to use {@link find}. */
  peek(person: string, id: string): PersonKey | null | undefined

  /** `undefined`: it was destroyed. */
  find(person: string, id: string): Promise<PersonKey | undefined>

  /**
   * The key to seal with, one that nobody had before if they have none; `undefined` for who was erased. At once where it is known.
   * @param isNew the log knows nothing of them.
   */
  ensure(person: string, isNew: boolean): PersonKey | undefined | Promise<PersonKey | undefined>

  /** Destroys all that they ever had for good, on the servers' disks too. May be repeated. */
  destroy(person: string): Promise<void>
}

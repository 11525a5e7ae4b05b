import type { ResolvedAlias } from './resolved-alias.ts'

/** Names that are remembered at most: a megabyte or two. */
const MOST = 2 ** 14
/** So many are looked up after each change before one is remembered: where changes come as fast as questions, it would be in vain. */
const UNREMEMBERED = 1024
/** When so many others were looked up, too many are in use: none is remembered, and no time lost on it, for a million lookups. */
const TURNED_AWAY = 4 * MOST
const REST = 64 * MOST

/**
 * What names stood for when they were last asked for, by their very spelling. Programs ask for the same names again and
 * again, and JavaScript keeps the hash of a string with it: a name that is known here is neither folded nor looked for
 * level by level. All is forgotten as soon as any name may have changed.
 */
export class RecentAnswers {
  /** Good as long as the revision is. Apart from the others, so that no answer is read, which lies elsewhere in memory. */
  readonly #lasting = new Map<string, ResolvedAlias | null>()
  /** Good until they expire. */
  readonly #expiring = new Map<string, ResolvedAlias>()
  readonly #now: () => number
  #revision = 0
  /** Looked up since all was forgotten; below zero for as long as it rests. */
  #lookedUp = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Null: it stands for nothing. Undefined: not known as of this revision and this moment. */
  recall(name: string, revision: number): ResolvedAlias | null | undefined {
    if (revision !== this.#revision) this.#forget(revision)
    const lasting = this.#lasting.get(name)
    if (lasting !== undefined) return lasting
    const expiring = this.#expiring.get(name)
    return expiring !== undefined && expiring.expiresAt > this.#now() ? expiring : undefined
  }

  /**
   * Takes in what a name stands for as of the revision that was last recalled from: only what no clock can change, but
   * for the expiry of the alias itself.
   */
  offer(name: string, answer: ResolvedAlias | null): void {
    if (++this.#lookedUp <= UNREMEMBERED) return
    if (this.#lasting.size + this.#expiring.size < MOST) {
      if (answer === null || answer.expiresAt === 0) this.#lasting.set(copyOf(name), answer)
      else this.#expiring.set(copyOf(name), answer)
    } else if (this.#lookedUp > MOST + TURNED_AWAY) {
      this.#clear()
      this.#lookedUp = -REST
    }
  }

  #forget(revision: number): void {
    this.#clear()
    this.#revision = revision
    this.#lookedUp = Math.min(0, this.#lookedUp)
  }

  #clear(): void {
    this.#lasting.clear()
    this.#expiring.clear()
  }
}

/** The name may be a slice of a message, all of which it would keep in memory. */
function copyOf(name: string): string {
  const latin = Buffer.from(name, 'latin1').toString('latin1')
  return latin === name ? latin : Buffer.from(name, 'utf16le').toString('utf16le')
}

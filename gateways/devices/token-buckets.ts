import { LazyLru } from '../../commands/lazy-lru.ts'

/** How much one sender may ask at once, and how much more by the second. */
export interface Allowance {
  readonly burst: number
  readonly perSecond: number
}

/** Senders that are remembered: more than any process serves. Who is forgotten begins anew. */
const MOST = 50_000

/** Limits the requests of each sender. What is refused costs nothing and changes nothing. */
export class TokenBuckets {
  readonly #allowance: Allowance
  readonly #now: () => number
  readonly #buckets = new LazyLru<string, { tokens: number; at: number }>({ max: MOST })

  /** @param now epoch milliseconds. */
  constructor(allowance: Allowance, now: () => number) {
    this.#allowance = allowance
    this.#now = now
  }

  /** Whether the sender may ask now; then it has asked. */
  take(sender: string): boolean {
    const { burst, perSecond } = this.#allowance
    const at = this.#now()
    const before = this.#buckets.get(sender)
    // A clock that was set back must lock nobody out.
    const passed = before === undefined ? Infinity : Math.max(0, at - before.at)
    const tokens = Math.min(burst, (before?.tokens ?? 0) + (passed / 1000) * perSecond)
    if (tokens < 1) return false
    this.#buckets.set(sender, { tokens: tokens - 1, at })
    return true
  }
}

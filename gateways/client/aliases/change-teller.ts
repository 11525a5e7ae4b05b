import type { Scope } from '../../../schemas/scope.ts'
import type { AliasChange } from './alias-change.ts'
import type { AliasShard } from './alias-shard.ts'
import { expiredAliases } from './expired-aliases.ts'

type Listener = (change: AliasChange) => void

/** Longest that a timer runs: a clock that is set, and expiries of new versions, show by then at the latest. */
const LONGEST_TIMER_MS = 60_000

/** Tells listeners of changes, and of aliases whose time has come. As long as nobody listens it does nothing. */
export class ChangeTeller {
  readonly #shards: () => readonly AliasShard[]
  readonly #now: () => number
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Map<
    object,
    { readonly listener: Listener; readonly seen: ReadonlySet<unknown> | undefined }
  >()
  #timer: NodeJS.Timeout | undefined
  /** All that expired by then was told. */
  #toldUntil = 0

  constructor(shards: () => readonly AliasShard[], now: () => number, onError: (error: unknown) => void) {
    this.#shards = shards
    this.#now = now
    this.#onError = onError
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** Of the scopes seen, or of all. @returns what ends it. */
  listen(listener: Listener, seen?: ReadonlySet<Scope | undefined>): () => void {
    if (!this.isHeard) this.#toldUntil = this.#now()
    const key = {}
    this.#listeners.set(key, { listener, seen })
    this.expectExpiry()
    return () => {
      this.#listeners.delete(key)
      if (!this.isHeard) clearTimeout(this.#timer)
    }
  }

  tell(changes: readonly AliasChange[]): void {
    for (const { listener, seen } of this.#listeners.values())
      for (const change of changes) {
        if (seen !== undefined && !seen.has(change.scope)) continue
        try {
          listener(change)
        } catch (error) {
          this.#onError(error)
        }
      }
  }

  /** Tells what has expired since it last did. */
  tellExpired(): void {
    if (!this.isHeard) return
    const now = this.#now()
    const expired = this.#shards().map(({ table }) => expiredAliases(table, this.#toldUntil, now))
    this.#toldUntil = now
    for (const { changes } of expired) this.tell(changes)
  }

  /** Sets the timer to the next alias that expires. */
  expectExpiry(): void {
    clearTimeout(this.#timer)
    if (!this.isHeard) return
    const now = this.#now()
    const next = Math.min(...this.#shards().map(({ table }) => expiredAliases(table, now, now).next))
    if (next === Infinity) return
    this.#timer = setTimeout(() => this.#tick(), Math.min(Math.max(1, next - now), LONGEST_TIMER_MS)).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #tick(): void {
    this.tellExpired()
    this.expectExpiry()
  }
}

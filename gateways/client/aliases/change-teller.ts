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
  /** When the next alias of a shard expires: a version of one makes no work in the others. */
  readonly #next = new WeakMap<AliasShard, number>()

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
    if (this.#listeners.size === 1) for (const shard of this.#shards()) this.expectExpiry(shard)
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
    const [since, now] = [this.#toldUntil, this.#now()]
    this.#toldUntil = now
    for (const shard of this.#shards()) {
      if (this.#nextOf(shard) > now) continue
      const { changes, next } = expiredAliases(shard.table, since, now)
      this.#next.set(shard, next)
      this.tell(changes)
    }
  }

  /** A shard has other aliases than before: the timer is set to the next one that expires. */
  expectExpiry(shard: AliasShard): void {
    if (!this.isHeard) return
    this.#next.set(shard, expiredAliases(shard.table, this.#toldUntil, this.#toldUntil).next)
    this.#setTimer()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #nextOf(shard: AliasShard): number {
    return this.#next.get(shard) ?? Infinity
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const next = Math.min(...this.#shards().map((shard) => this.#nextOf(shard)))
    if (next === Infinity) return
    const wait = Math.min(Math.max(1, next - this.#now()), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => this.#tick(), wait).unref()
  }

  #tick(): void {
    this.tellExpired()
    this.#setTimer()
  }
}

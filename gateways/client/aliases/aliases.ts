import { setTimeout as sleep } from 'node:timers/promises'
import { type IndexScope, indexScopeKey, indexScopeOf } from '../../../schemas/alias-index.ts'
import { type Position, parsePosition } from '../../../schemas/position.ts'
import { resolutionChain } from '../../resolution-chain.ts'
import type { NatsLink } from '../nats-link.ts'
import type { AliasChange } from './alias-change.ts'
import { type BindTo, scopeToBind } from './bind-scope.ts'
import { BoundAliases, type Level, type ReadyOptions } from './bound-aliases.ts'
import { ChangeTeller } from './change-teller.ts'
import { IndexFault } from './index-fault.ts'
import { IndexNotReady } from './index-not-ready.ts'
import { type IndexStatus, indexStatus } from './index-status.ts'
import { parseProgress } from './parse-progress.ts'
import { PointerFeed } from './pointer-feed.ts'
import { ScopeFollower } from './scope-follower.ts'

export interface AliasesOptions {
  /**
   * Keeps the newest versions here, so that a start without NATS has the names of last time. Of this process alone:
   * two would remove each other's files.
   */
  readonly directory?: string
  /** Told of everything that keeps a newest version away, each time that it does; never of an expected outcome. */
  readonly onFault?: (fault: IndexFault) => void
  /** Told of each version that was taken in: for metrics. */
  readonly onVersion?: (version: TakenVersion) => void
  /** Epoch milliseconds; `Date.now` unless told. */
  readonly now?: () => number
}

export interface TakenVersion {
  readonly scope: string
  readonly version: number
  readonly aliases: number
  /** Changes that were found; 0 as long as nobody listens. */
  readonly changes: number
  /** Milliseconds from the pointer to the content in memory: fetched, proven, unpacked and indexed. */
  readonly tookMs: number
}

/** One read asks for so many pointers at most. */
const MOST_SCOPES = 1000
const READY_MS = 10_000

/** The alias index in this process' memory: each scope that somebody is bound to, once. */
export class Aliases {
  readonly #link: NatsLink
  readonly #options: AliasesOptions
  readonly #now: () => number
  readonly #followers = new Map<string, { readonly follower: ScopeFollower; users: number }>()
  readonly #teller: ChangeTeller
  readonly #waiting = new Set<() => void>()
  #feed: PointerFeed | undefined
  #progress: Position | undefined
  #isClosed = false

  constructor(link: NatsLink, options: AliasesOptions = {}) {
    this.#link = link
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#teller = new ChangeTeller(
      () => this.#all().map(({ shard }) => shard),
      this.#now,
      (error) => this.#fault(IndexFault.of(error, '', 'listener')),
    )
  }

  /**
   * The names as seen from one place, followed from now on. Being bound to the same scopes twice costs nothing.
   *
   * ```ts
   * const aliases = pharos.aliases.bind({ site: 'KSEA', node: 'gate-4' })
   * await aliases.ready()
   * aliases.resolve('Main_Power_Feed')?.target
   * ```
   *
   * @throws RangeError naming the field that cannot be.
   */
  bind(to: BindTo = {}): BoundAliases {
    if (this.#isClosed) throw new Error('the client is closed')
    const scopes = resolutionChain(scopeToBind(to))
    const keys = new Set(scopes.map((scope) => indexScopeKey(indexScopeOf(scope))))
    if (new Set([...this.#followers.keys(), ...keys]).size > MOST_SCOPES)
      throw new RangeError(`a client follows ${MOST_SCOPES} scopes at most`)
    const levels = scopes.map((scope): Level => {
      const follower = this.#follower(indexScopeOf(scope))
      return { follower, node: follower.shard.node(scope.kind === 'node' ? scope.node : null) }
    })
    for (const key of keys) this.#use(key, 1)
    this.#feed ??= this.#follow()
    this.#feed.restart()
    let isBound = true
    return new BoundAliases({
      levels,
      now: this.#now,
      isConnected: () => this.#link.isUp,
      listen: (listener, seen) => this.#teller.listen(listener, new Set(seen.map(scopeOf))),
      ready: (followers, options) => this.#ready(followers, options),
      release: async () => {
        if (!isBound) return
        isBound = false
        await Promise.all([...keys].map((key) => this.#release(key)))
      },
    })
  }

  /** As {@link BoundAliases.onAlias}, of every scope that somebody is bound to, with all its nodes. */
  onAlias(listener: (change: AliasChange) => void): () => void {
    return this.#teller.listen(listener)
  }

  /** Versions, ages and faults of all scopes that somebody is bound to. */
  status(): IndexStatus {
    return indexStatus(this.#all(), this.#link.isUp, this.#now())
  }

  /** Keeps on disk what is still to be kept, then follows no longer. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#teller.close()
    await this.#feed?.close()
    await Promise.all(this.#all().map((follower) => follower.close()))
    this.#wake()
  }

  #all(): ScopeFollower[] {
    return [...this.#followers.values()].map(({ follower }) => follower)
  }

  #follow(): PointerFeed {
    return new PointerFeed({
      link: this.#link,
      now: this.#now,
      scopes: () => [...this.#followers.keys()],
      tell: (scope, text, source, at) => this.#followers.get(scope)?.follower.offer(text, source, at),
      tellProgress: (text) => {
        this.#progress = parseProgress(text)
        this.#wake()
      },
      onFault: (fault) => this.#fault(fault),
    })
  }

  #follower(scope: IndexScope): ScopeFollower {
    const known = this.#followers.get(indexScopeKey(scope))
    if (known !== undefined) return known.follower
    const follower = new ScopeFollower(scope, {
      link: this.#link,
      directory: this.#options.directory,
      now: this.#now,
      wantsChanges: () => this.#teller.isHeard,
      beforeVersion: () => this.#teller.tellExpired(),
      onVersion: (taken, changes, tookMs) => this.#taken(taken, changes, tookMs),
      onFault: (fault) => this.#fault(fault),
      readPointers: () => this.#feed?.readNow(),
    })
    this.#followers.set(follower.key, { follower, users: 0 })
    // Of this scope's pointer it says nothing.
    this.#progress = undefined
    return follower
  }

  #use(key: string, by: number): number {
    const used = this.#followers.get(key)
    return used === undefined ? 0 : (used.users += by)
  }

  async #release(key: string): Promise<void> {
    const used = this.#followers.get(key)
    if (used === undefined || this.#use(key, -1) > 0) return
    this.#followers.delete(key)
    this.#feed?.restart()
    await used.follower.close()
  }

  #taken(follower: ScopeFollower, changes: readonly AliasChange[], tookMs: number): void {
    this.#wake()
    const { key: scope, pointer, shard } = follower
    const taken = { scope, version: pointer?.version ?? 0, aliases: shard.table.size, changes: changes.length, tookMs }
    try {
      this.#options.onVersion?.(taken)
    } catch (error) {
      this.#fault(IndexFault.of(error, scope, 'listener'))
    }
    this.#teller.tell(changes)
    this.#teller.expectExpiry(shard)
  }

  #fault(fault: IndexFault): void {
    try {
      this.#options.onFault?.(fault)
    } catch (error) {
      // Nobody is left to tell but the process; what follows the index must go on.
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  async #ready(followers: readonly ScopeFollower[], options: ReadyOptions): Promise<void> {
    const { timeoutMs = READY_MS, minPosition } = options
    const least = minPosition === undefined ? undefined : parsePosition(minPosition)
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
    for (let pause = 10; !this.#isReady(followers, least); pause = Math.min(pause * 2, 250)) {
      options.signal?.throwIfAborted()
      if (timeout.aborted || this.#isClosed) {
        const why = this.#isClosed ? 'the client is closed' : `not ready within ${timeoutMs} ms`
        throw new IndexNotReady(indexStatus(followers, this.#link.isUp, this.#now()), why)
      }
      if (least !== undefined) this.#feed?.readNow()
      await this.#news(pause, signal)
    }
  }

  #isReady(followers: readonly ScopeFollower[], least: Position | undefined): boolean {
    if (least === undefined) return followers.every(({ hasContent }) => hasContent)
    // The pointers that were read with the progress have been told, so what is settled is at least as new.
    const { epoch, sequence } = this.#progress ?? { epoch: '', sequence: 0 }
    return epoch === least.epoch && sequence >= least.sequence && followers.every(({ isSettled }) => isSettled)
  }

  async #news(pauseMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    const pause = new AbortController()
    try {
      const either = AbortSignal.any([signal, pause.signal])
      await Promise.race([promise, sleep(pauseMs, undefined, { signal: either }).catch(() => undefined)])
    } finally {
      pause.abort()
      this.#waiting.delete(resolve)
    }
  }
}

function scopeOf({ follower, node }: Level) {
  return follower.shard.table.scopes[node]
}

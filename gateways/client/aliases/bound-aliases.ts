import type { AliasChange } from './alias-change.ts'
import type { AliasShard } from './alias-shard.ts'
import { ABSENT } from './alias-table.ts'
import { FoldedName } from './folded-name.ts'
import { type IndexStatus, indexStatus } from './index-status.ts'
import { IndexNotReady } from './index-not-ready.ts'
import { RecentAnswers } from './recent-answers.ts'
import type { ResolvedAlias } from './resolved-alias.ts'
import type { ScopeFollower } from './scope-follower.ts'

/** One for all: reads never wait, so no two are under way. */
const folded = new FoldedName()

/** One step of the resolution chain: where a name is looked for. */
export interface Level {
  readonly follower: ScopeFollower
  /** Ordinal in the follower's shard. */
  readonly node: number
}

export interface ReadyOptions {
  readonly signal?: AbortSignal
  /** Milliseconds; 10 s unless told. */
  readonly timeoutMs?: number
  /** `position` of a command's result: resolves once the names in memory know what the command did. */
  readonly minPosition?: string
}

export interface BoundAliasesParts {
  /** Nearest first. */
  readonly levels: readonly Level[]
  readonly now: () => number
  readonly isConnected: () => boolean
  readonly listen: (listener: (change: AliasChange) => void, levels: readonly Level[]) => () => void
  readonly ready: (followers: readonly ScopeFollower[], options: ReadyOptions) => Promise<void>
  readonly release: () => Promise<void>
}

/**
 * The names that can be seen from one place, in this process' memory: node → site → global, or context → global.
 * Reads never wait and never ask anybody. They see whole versions, and go on with the last good one while NATS is away.
 */
export class BoundAliases implements AsyncDisposable {
  readonly #parts: BoundAliasesParts
  readonly #levels: readonly Level[]
  readonly #now: () => number
  readonly #followers: readonly ScopeFollower[]
  readonly #shards: readonly AliasShard[]
  readonly #recent: RecentAnswers
  #isThere = false

  constructor(parts: BoundAliasesParts) {
    this.#parts = parts
    this.#levels = parts.levels
    this.#now = parts.now
    this.#recent = new RecentAnswers(parts.now)
    this.#followers = [...new Set(parts.levels.map(({ follower }) => follower))]
    this.#shards = this.#followers.map(({ shard }) => shard)
  }

  /**
   * What the name stands for here and now, or undefined when it stands for nothing: the nearest level where it is
   * given, enabled and not expired. Upper and lower case make no difference, nor do other spellings of the same name key.
   * An expiry counts from its very millisecond, by this machine's clock.
   *
   * ```ts
   * const alias = aliases.resolve('main_power_feed')
   * if (alias?.kind === 'channel') subscribe(`telemetry.*.${alias.target}`)
   * ```
   *
   * @throws IndexNotReady before {@link ready}: "no such name" would be a guess.
   */
  resolve(name: string): ResolvedAlias | undefined {
    if (!this.#isThere) this.#expectContent()
    const known = this.#recent.recall(name, this.#revision)
    if (known === null) return undefined
    return known ?? this.#find(name)
  }

  /**
   * All names that stand for the target here and now, nearest first. A name that a nearer level gives to
   * something else is none of them: `resolve` of each answers this target.
   *
   * @param target a channel's UUID or an endpoint's URL, spelled as in the alias
   * @throws IndexNotReady before {@link ready}.
   */
  reverse(target: string): ResolvedAlias[] {
    if (!this.#isThere) this.#expectContent()
    const found: ResolvedAlias[] = []
    for (const { follower, node } of this.#levels) {
      const { table } = follower.shard
      for (const record of table.ofTarget(target)) {
        const alias = table.read(record)
        if (follower.shard.nodeOf(alias) !== node) continue
        const resolved = this.resolve(alias.name)
        if (resolved?.target === target && resolved.scope === alias.scope) found.push(alias)
      }
    }
    return found
  }

  /**
   * Tells of each change to names of these levels, with what was before and what is now, after the version that brought it
   * was taken in as a whole: whatever the listener then reads is of that version. What is there at first is no
   * change. Versions that were missed, or that came so fast that some were skipped, are told as one.
   * Changes are told by level: a site's name is told though the node has one of its own.
   *
   * @returns what ends it. A listener that throws is told to `onFault`, and goes on being called.
   */
  onAlias(listener: (change: AliasChange) => void): () => void {
    return this.#parts.listen(listener, this.#levels)
  }

  /**
   * Resolves when names can be resolved: every level has a version, from disk or from NATS, or is known to have none. It
   * does not mean that they are fresh, see {@link status}; with `minPosition` they are at least as new as that.
   *
   * @throws IndexNotReady after `timeoutMs`, with what stands in the way; the signal's reason when it aborts.
   */
  ready(options: ReadyOptions = {}): Promise<void> {
    return this.#parts.ready(this.#followers, options)
  }

  /** Versions, ages and faults of the scopes it reads. */
  status(): IndexStatus {
    return indexStatus(this.#followers, this.#parts.isConnected(), this.#now())
  }

  /** Follows no longer; scopes that nobody else is bound to leave memory. What is resolved afterwards grows old. */
  close(): Promise<void> {
    return this.#parts.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #find(name: string): ResolvedAlias | undefined {
    if (!folded.fold(name)) return undefined
    const levels = this.#levels
    let hasExpired = false
    for (let i = 0; i < levels.length; i++) {
      const { follower, node } = levels[i] as Level
      const { table } = follower.shard
      const record = table.find(folded, node)
      if (record === ABSENT) continue
      const expiresAt = table.expiresAt(record)
      if (expiresAt === 0 || expiresAt > this.#now()) {
        const alias = table.read(record)
        if (!hasExpired) this.#recent.offer(name, alias)
        return alias
      }
      // A clock that is set back brings it back to life: what was found behind it is not to be remembered.
      hasExpired = true
    }
    if (!hasExpired) this.#recent.offer(name, null)
    return undefined
  }

  /** Grows with every change of any name that can be seen from here. */
  get #revision(): number {
    const shards = this.#shards
    let revision = 0
    for (let i = 0; i < shards.length; i++) revision += (shards[i] as AliasShard).revision
    return revision
  }

  #expectContent(): void {
    if (!this.#followers.every(({ hasContent }) => hasContent)) throw new IndexNotReady(this.status(), 'not ready yet')
    this.#isThere = true
  }
}

import type { IndexFault } from './index-fault.ts'
import type { ScopeFollower } from './scope-follower.ts'

/** How one scope stands in this client's memory. */
export interface IndexScopeStatus {
  /** `global`, `site.KSEA`, `context.frontend`. */
  readonly scope: string
  /** 0 while there is none: nothing was ever published, or it is not here yet (see `isThere`). */
  readonly version: number
  readonly epoch: string | undefined
  /** Sequence of the last event that the content knows. */
  readonly position: number
  readonly aliases: number
  /** Whether names can be resolved: a version is in memory, or it is known that there is none. */
  readonly isThere: boolean
  /** Milliseconds since the content was last known to be the newest; undefined before the first time. */
  readonly ageMs: number | undefined
  /** What keeps the newest version away, if something does. */
  readonly fault: IndexFault | undefined
}

export interface IndexStatus {
  readonly isConnected: boolean
  /** The greatest age of all its scopes; undefined while one of them is not there yet. */
  readonly ageMs: number | undefined
  readonly scopes: readonly IndexScopeStatus[]
}

export function indexStatus(followers: readonly ScopeFollower[], isConnected: boolean, now: number): IndexStatus {
  const scopes = followers.map(({ key, pointer, shard, hasContent, confirmedAt, fault }) => ({
    scope: key,
    version: pointer?.version ?? 0,
    epoch: pointer?.epoch,
    position: pointer?.position ?? 0,
    aliases: shard.table.size,
    isThere: hasContent,
    ageMs: confirmedAt === undefined ? undefined : Math.max(0, now - confirmedAt),
    fault,
  }))
  const ages = scopes.map(({ ageMs }) => ageMs)
  const known = ages.filter((age) => age !== undefined)
  return { isConnected, scopes, ageMs: known.length < ages.length ? undefined : Math.max(0, ...known) }
}

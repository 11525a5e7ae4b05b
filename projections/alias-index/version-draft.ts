import type { AliasIndexPointer } from '../../schemas/alias-index.ts'
import type { VersionPlan } from '../../domain/alias-index/plan-version.ts'
import type { Claim } from './index-claims.ts'
import type { Placed } from './index-pointers.ts'

/** A scope whose content changed last at `changedAt`. */
export interface DueScope {
  readonly scopeKey: string
  readonly changedAt: number
}

/** A version on its way: claimed, and planned how to be written. */
export interface VersionDraft {
  readonly scopeKey: string
  readonly claim: Claim
  readonly before: Placed<AliasIndexPointer> | undefined
  readonly plan: VersionPlan
  /** The rows that a delta holds have changed after this position. */
  readonly after: number
  /** How many rows there are to write, as far as they were counted. */
  readonly rows: number
}

/** A version whose objects are stored. */
export interface WrittenVersion {
  readonly scopeKey: string
  readonly expected: number
  readonly pointer: AliasIndexPointer
  readonly bytes: number
}

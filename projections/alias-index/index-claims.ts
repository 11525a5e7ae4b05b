import type { IndexScope } from '../../schemas/alias-index.ts'

/** A version that was claimed. `revision`: where the claim stands in the log. */
export interface Claim {
  readonly version: number
  readonly position: number
  readonly revision: number
}

/** Claims versions in the log, so that two publishers cannot both have one. Rejects when the log is away. */
export interface IndexClaims {
  /** Claims `version` after `last`; undefined when another claim was faster. */
  claim(
    scope: IndexScope,
    next: { readonly version: number; readonly position: number },
    last: Claim | undefined,
  ): Promise<Claim | undefined>
  /** The last claim of the scope, by the log's leader, given one that is known. */
  latest(scope: IndexScope, known: Claim | undefined): Promise<Claim | undefined>
}

import type { Scope } from '../../../schemas/scope.ts'

/** What a name stands for. */
export interface ResolvedAlias {
  /** As it was written by those who gave it. */
  readonly name: string
  /** A channel's UUID, or an endpoint's URL. */
  readonly target: string
  readonly kind: 'channel' | 'endpoint'
  /** Where it was found; `scope.kind` is the level: `node`, `site`, `context` or `global`. */
  readonly scope: Scope
  /** The integer id, which a rename keeps. */
  readonly id: number
  /** Epoch milliseconds; from then on it is as if absent. 0: never. */
  readonly expiresAt: number
}

/** Neither kind of target can be taken for the other: a UUID has no `h`, and a URL begins with it. */
export function targetKind(target: string): ResolvedAlias['kind'] {
  return (target.charCodeAt(0) | 0x20) === 0x68 ? 'endpoint' : 'channel'
}

import type { Scope } from '../../../schemas/scope.ts'
import type { ResolvedAlias } from './resolved-alias.ts'

/** What became of a name of one scope. An alias that is expired counts as none, before and after. */
export type AliasChange =
  | {
      /** It is new (no `old`), or another one than before. */
      readonly change: 'set'
      readonly scope: Scope
      readonly name: string
      readonly old: ResolvedAlias | undefined
      readonly new: ResolvedAlias
    }
  | {
      /** Removed, renamed away or disabled; or its time has come. */
      readonly change: 'removed' | 'expired'
      readonly scope: Scope
      readonly name: string
      readonly old: ResolvedAlias
      readonly new: undefined
    }

/** The change from one to the other as of a moment, if there is one. */
export function changeBetween(
  before: ResolvedAlias | undefined,
  after: ResolvedAlias | undefined,
  now: number,
): AliasChange | undefined {
  const old = isLive(before, now) ? before : undefined
  if (after !== undefined && isLive(after, now)) {
    if (old !== undefined && isSame(old, after)) return undefined
    return { change: 'set', scope: after.scope, name: after.name, old, new: after }
  }
  if (old === undefined) return undefined
  return { change: after === undefined ? 'removed' : 'expired', scope: old.scope, name: old.name, old, new: undefined }
}

export function isLive(alias: ResolvedAlias | undefined, now: number): boolean {
  return alias !== undefined && (alias.expiresAt === 0 || alias.expiresAt > now)
}

function isSame(one: ResolvedAlias, other: ResolvedAlias): boolean {
  return (
    one.target === other.target && one.name === other.name && one.id === other.id && one.expiresAt === other.expiresAt
  )
}

import type { FormerSlot } from '../../schemas/commands/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { type AliasState, isLive, type TakenSlot } from './alias-state.ts'

/** A slot as of some position. */
export interface SlotAt {
  readonly scope: Scope
  /** As it is or was last written there. */
  readonly name: string
  readonly state: AliasState
  readonly revision: number
}

/**
 * What must be restored for a scope to have the content that it had: slots by their subjects, then and now. An alias
 * that has expired by `at` is absent, also where it was not yet then.
 */
export function formerSlots(
  then: ReadonlyMap<string, SlotAt>,
  now: ReadonlyMap<string, SlotAt>,
  at: number,
): readonly FormerSlot[] {
  const slots: FormerSlot[] = []
  for (const [subject, is] of now) {
    const former = live(then.get(subject)?.state, at)
    const current = live(is.state, at)
    if (sameAlias(former, current)) continue
    const { scope, name, revision: expectedRevision } = is
    slots.push({
      scope,
      name: former?.name ?? name,
      expectedRevision,
      alias: former === undefined ? null : identity(former),
    })
  }
  return slots
}

function live(state: AliasState | undefined, at: number): TakenSlot | undefined {
  return state !== undefined && isLive(state, at) ? state : undefined
}

/** In one order of fields, whichever events the state was built from. */
function identity(state: TakenSlot): NonNullable<FormerSlot['alias']> {
  const { aliasId, number, target, owner, description, metadata, enabled, expiresAt, registeredAt, registeredBy } =
    state
  return { aliasId, number, target, owner, description, metadata, enabled, expiresAt, registeredAt, registeredBy }
}

function sameAlias(a: TakenSlot | undefined, b: TakenSlot | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.name === b.name && JSON.stringify(identity(a)) === JSON.stringify(identity(b))
}

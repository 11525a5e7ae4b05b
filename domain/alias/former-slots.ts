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
 * that has expired by `at` is absent, also where it was not yet then. Slots that exchange aliases come as one group: in
 * one command, what moves is renamed; apart it would be removed here and brought back there.
 */
export function formerSlots(
  then: ReadonlyMap<string, SlotAt>,
  now: ReadonlyMap<string, SlotAt>,
  at: number,
): readonly (readonly FormerSlot[])[] {
  const changes: Change[] = []
  for (const [subject, is] of now) {
    const former = live(then.get(subject)?.state, at)
    const current = live(is.state, at)
    if (sameAlias(former, current)) continue
    const { scope, revision: expectedRevision } = is
    const name = former?.name ?? is.name
    const slot = { scope, name, expectedRevision, group: 0, alias: former === undefined ? null : identity(former) }
    changes.push({ slot, aliasIds: [former, current].flatMap((alias) => alias?.aliasId ?? []) })
  }
  return grouped(changes)
}

interface Change {
  readonly slot: FormerSlot
  /** Who lived in the slot, and who lives in it. */
  readonly aliasIds: readonly string[]
}

/** Changes that share an alias, directly or by way of others, together. */
function grouped(changes: readonly Change[]): readonly (readonly FormerSlot[])[] {
  const byAlias = new Map<string, Change[]>()
  for (const change of changes) for (const id of change.aliasIds) byAlias.set(id, [...(byAlias.get(id) ?? []), change])
  const seen = new Set<Change>()
  return changes.flatMap((first, number) => {
    if (seen.has(first)) return []
    const group: FormerSlot[] = []
    const waiting = [first]
    for (let change = waiting.pop(); change !== undefined; change = waiting.pop()) {
      if (seen.has(change)) continue
      seen.add(change)
      group.push({ ...change.slot, group: number })
      waiting.push(...change.aliasIds.flatMap((id) => byAlias.get(id) ?? []))
    }
    return [group]
  })
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

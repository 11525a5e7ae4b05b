import type { AliasChange, AliasEvent } from '../../schemas/events/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { AliasState, TakenSlot } from './alias-state.ts'
import { sameTarget } from './same-target.ts'

/** What one command made of one slot. */
export interface SlotChange {
  readonly scope: Scope
  readonly nameKey: string
  /** Before the command; an alias that had expired by then is not there any more. */
  readonly before: AliasState
  /** A tenant that the command itself has registered has the number 0. */
  readonly after: AliasState
  /** The name that an alias had before the command, in whichever of its slots, if any. */
  readonly nameBefore: (aliasId: string) => string | undefined
  readonly nameAfter: (aliasId: string) => string | undefined
}

/** The one event that says what became of a slot; `undefined` when it is as it was. */
export function slotEvent(change: SlotChange): AliasEvent | undefined {
  const changes = tenantChanges(change)
  const looksChanged = !sameJson(change.before.lookAlikes ?? [], change.after.lookAlikes ?? [])
  const [only] = changes
  if (only === undefined) return looksChanged ? lookAlikesChanged(change) : undefined
  if (changes.length > 1 || looksChanged || only === 'restored')
    return changed(change, looksChanged ? [...changes, 'look-alikes-changed'] : changes)
  return simple(change, only)
}

function tenantChanges({ before, after, nameBefore, nameAfter }: SlotChange): readonly AliasChange[] {
  const [was, is] = [tenant(before), tenant(after)]
  if (was !== undefined && is?.aliasId === was.aliasId) return facets(was, is)
  const changes: AliasChange[] = []
  if (was !== undefined) changes.push(nameAfter(was.aliasId) === undefined ? 'removed' : 'renamed-away')
  if (is?.number === 0) changes.push('registered')
  else if (is !== undefined) changes.push(nameBefore(is.aliasId) === undefined ? 'restored' : 'renamed-here')
  return changes
}

/** In which ways one alias has changed. */
function facets(was: TakenSlot, is: TakenSlot): readonly AliasChange[] {
  const changes: AliasChange[] = []
  if (is.name !== was.name) changes.push('respelled')
  if (!sameTarget(is.target, was.target)) changes.push('retargeted')
  if (is.description !== was.description || !sameJson(is.metadata, was.metadata)) changes.push('described')
  if (is.enabled !== was.enabled) changes.push(is.enabled ? 'enabled' : 'disabled')
  if (is.expiresAt !== was.expiresAt) changes.push('expiry-set')
  if (is.owner !== was.owner) changes.push('ownership-transferred')
  return changes
}

/** A single change, as the command that does nothing else would have recorded it. */
function simple(change: SlotChange, only: AliasChange): AliasEvent {
  const { scope, before, after, nameBefore, nameAfter } = change
  const [was, is] = [tenant(before), tenant(after)]
  const at = is ?? was
  if (at === undefined) throw new TypeError(`${only} in a slot where nobody lives or lived`)
  const { aliasId, name, target, owner, description, metadata, enabled, expiresAt } = at
  const who = { aliasId, scope, name }
  const full = { ...who, target, owner, description, metadata, enabled, expiresAt }
  const { number, registeredAt, registeredBy } = at
  switch (only) {
    case 'registered':
      return { type: 'alias.registered', data: full }
    case 'renamed-here':
      return {
        type: 'alias.renamed-here',
        data: { ...full, number, registeredAt, registeredBy, from: nameBefore(aliasId) ?? name },
      }
    case 'renamed-away':
      return { type: 'alias.renamed-away', data: { ...who, to: nameAfter(aliasId) ?? name } }
    case 'respelled':
      return { type: 'alias.respelled', data: { ...who, previousName: was?.name ?? name } }
    case 'retargeted':
      return { type: 'alias.retargeted', data: { ...who, target } }
    case 'described':
      return { type: 'alias.described', data: { ...who, description, metadata } }
    case 'expiry-set':
      return { type: 'alias.expiry-set', data: { ...who, expiresAt } }
    case 'ownership-transferred':
      return { type: 'alias.ownership-transferred', data: { ...who, owner, previousOwner: was?.owner ?? owner } }
    case 'removed':
      return { type: 'alias.removed', data: who }
    case 'enabled':
      return { type: 'alias.enabled', data: who }
    case 'disabled':
      return { type: 'alias.disabled', data: who }
    case 'restored':
    case 'look-alikes-changed':
      throw new TypeError(`${only} has no event of its own here`)
  }
}

function changed(change: SlotChange, changes: readonly AliasChange[]): AliasEvent {
  const { scope, before, after, nameBefore, nameAfter } = change
  const [was, is] = [tenant(before), tenant(after)]
  const at = is ?? was
  if (at === undefined) throw new TypeError('a change of a slot where nobody lives or lived')
  const left = was !== undefined && was.aliasId !== is?.aliasId ? was : undefined
  return {
    type: 'alias.changed',
    data: {
      aliasId: at.aliasId,
      scope,
      name: at.name,
      changes: [...changes],
      alias: is === undefined ? null : contents(is),
      from: changes.includes('renamed-here') ? (nameBefore(at.aliasId) ?? null) : null,
      previous:
        left === undefined ? null : { aliasId: left.aliasId, name: left.name, to: nameAfter(left.aliasId) ?? null },
      lookAlikes: [...(after.lookAlikes ?? [])],
    },
  }
}

function contents(is: TakenSlot): NonNullable<Extract<AliasEvent, { type: 'alias.changed' }>['data']['alias']> {
  const { target, owner, description, metadata, enabled, expiresAt, number, registeredAt, registeredBy } = is
  const registered = number === 0 ? null : { number, at: registeredAt, by: registeredBy }
  return { target, owner, description, metadata, enabled, expiresAt, registered }
}

function lookAlikesChanged({ scope, nameKey, after }: SlotChange): AliasEvent {
  return {
    type: 'alias.look-alikes-changed',
    data: { scope, name: nameKey, lookAlikes: [...(after.lookAlikes ?? [])] },
  }
}

function tenant(state: AliasState): TakenSlot | undefined {
  return state.status === 'taken' ? state : undefined
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

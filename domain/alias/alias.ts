import type { Target } from '../../schemas/alias.ts'
import type { AliasCommand } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasId } from '../../schemas/ids.ts'
import {
  accept,
  type Decider,
  type Decision,
  type DecisionContext,
  type Recorded,
  type Refusal,
  refuse,
} from '../decider.ts'
import { nameKey } from './name-key.ts'

/** A slot: a name key within a scope. An alias lives in it, or it is free. */
export type AliasState = { readonly status: 'free' } | TakenSlot

export interface TakenSlot {
  readonly status: 'taken'
  readonly aliasId: AliasId
  /** Position of the event that registered the alias: the integer id shown to people. Renames keep it. */
  readonly number: number
  readonly name: string
  readonly target: Target
  readonly owner: string
  readonly description: string | null
  readonly metadata: Metadata
  readonly enabled: boolean
  readonly expiresAt: string | null
  readonly registeredAt: string
  readonly registeredBy: string
}

type Metadata = Extract<AliasEvent, { type: 'alias.registered' }>['data']['metadata']

const FREE: AliasState = { status: 'free' }

/** Rules of a slot. All commands name one slot, `alias.rename` two: where the alias is and where it goes. */
export const alias: Decider<AliasState, AliasCommand, AliasEvent> = { initialState: FREE, decide, evolve }

/** An expired alias answers as if absent, and its slot is free, to the millisecond. */
export function isLive(state: AliasState, at: number): state is TakenSlot {
  return state.status === 'taken' && (state.expiresAt === null || Date.parse(state.expiresAt) > at)
}

function decide(command: AliasCommand, states: readonly AliasState[], context: DecisionContext): Decision<AliasEvent> {
  const state = states[0] ?? FREE
  if (command.type === 'alias.register') return register(command, state, context)
  if (!isLive(state, context.at))
    return refuse('alias_not_found', `no alias "${command.data.name}" in this scope`, 'name')
  if (state.owner !== context.actor && !context.actsForOthers) return notOwner(state)
  const is = { aliasId: state.aliasId, scope: command.data.scope, name: state.name }
  switch (command.type) {
    case 'alias.retarget':
      return sameTarget(state.target, command.data.target)
        ? unchanged
        : accept({ type: 'alias.retargeted', data: { ...is, target: command.data.target } })
    case 'alias.rename':
      return rename(command, state, states[1], context)
    case 'alias.describe':
      return describe(command, state)
    case 'alias.enable':
      return state.enabled ? unchanged : accept({ type: 'alias.enabled', data: is })
    case 'alias.disable':
      return state.enabled ? accept({ type: 'alias.disabled', data: is }) : unchanged
    case 'alias.set-expiry': {
      const { expiresAt } = command.data
      if (isPast(expiresAt, context.at)) return expiryInPast
      return state.expiresAt === expiresAt
        ? unchanged
        : accept({ type: 'alias.expiry-set', data: { ...is, expiresAt } })
    }
    case 'alias.transfer-ownership': {
      const { owner } = command.data
      if (state.owner === owner) return unchanged
      return accept({ type: 'alias.ownership-transferred', data: { ...is, owner, previousOwner: state.owner } })
    }
    case 'alias.remove':
      return accept({ type: 'alias.removed', data: is })
  }
}

function register(
  command: Extract<AliasCommand, { type: 'alias.register' }>,
  state: AliasState,
  context: DecisionContext,
): Decision<AliasEvent> {
  if (isLive(state, context.at)) return nameTaken(state, 'name')
  if (isPast(command.data.expiresAt, context.at)) return expiryInPast
  const owner = command.data.owner ?? context.actor
  if (owner !== context.actor && !context.actsForOthers)
    return refuse('forbidden', 'only an operator or an administrator may register an alias for another owner', 'owner')
  return accept({ type: 'alias.registered', data: { ...command.data, owner, aliasId: context.newId as AliasId } })
}

function rename(
  command: Extract<AliasCommand, { type: 'alias.rename' }>,
  state: TakenSlot,
  destination: AliasState | undefined,
  context: DecisionContext,
): Decision<AliasEvent> {
  const { scope, newName } = command.data
  const { status: _, name, aliasId, ...rest } = state
  if (newName === name) return unchanged
  if (nameKey(newName) === nameKey(name))
    return accept({ type: 'alias.respelled', data: { aliasId, scope, name: newName, previousName: name } })
  if (destination !== undefined && isLive(destination, context.at)) return nameTaken(destination, 'newName')
  return accept<AliasEvent>(
    { type: 'alias.renamed-away', data: { aliasId, scope, name, to: newName } },
    { type: 'alias.renamed-here', data: { ...rest, aliasId, scope, name: newName, from: name } },
  )
}

function describe(command: Extract<AliasCommand, { type: 'alias.describe' }>, state: TakenSlot): Decision<AliasEvent> {
  const description = command.data.description === undefined ? state.description : command.data.description
  const metadata = command.data.metadata ?? state.metadata
  if (description === state.description && JSON.stringify(metadata) === JSON.stringify(state.metadata)) return unchanged
  return accept({
    type: 'alias.described',
    data: { aliasId: state.aliasId, scope: command.data.scope, name: state.name, description, metadata },
  })
}

function evolve(state: AliasState, event: AliasEvent, recorded: Recorded): AliasState {
  if (event.type === 'alias.registered') {
    const { scope: _, ...data } = event.data
    return {
      status: 'taken',
      ...data,
      number: recorded.sequence,
      registeredAt: recorded.time,
      registeredBy: recorded.actor,
    }
  }
  if (event.type === 'alias.renamed-here') {
    const { scope: _, from: __, ...data } = event.data
    return { status: 'taken', ...data }
  }
  if (state.status === 'free') return state
  switch (event.type) {
    case 'alias.retargeted':
      return { ...state, target: event.data.target }
    case 'alias.respelled':
      return { ...state, name: event.data.name }
    case 'alias.described':
      return { ...state, description: event.data.description, metadata: event.data.metadata }
    case 'alias.enabled':
      return { ...state, enabled: true }
    case 'alias.disabled':
      return { ...state, enabled: false }
    case 'alias.expiry-set':
      return { ...state, expiresAt: event.data.expiresAt }
    case 'alias.ownership-transferred':
      return { ...state, owner: event.data.owner }
    case 'alias.renamed-away':
    case 'alias.removed':
      return FREE
  }
}

const unchanged: Decision<never> = accept()
const expiryInPast: Refusal = refuse('expiry_in_past', 'expiresAt must be later than now', 'expiresAt')

function nameTaken(by: TakenSlot, field: string): Refusal {
  return refuse('name_taken', `"${by.name}" already names another target in this scope`, field)
}

function notOwner(state: TakenSlot): Refusal {
  return refuse('forbidden', `"${state.name}" belongs to ${state.owner}`)
}

function isPast(expiresAt: string | null, at: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= at
}

function sameTarget(a: Target, b: Target): boolean {
  if (a.kind === 'channel') return b.kind === 'channel' && a.channelId === b.channelId
  return b.kind === 'endpoint' && a.url === b.url
}

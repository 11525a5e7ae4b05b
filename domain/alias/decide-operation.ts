import type { AliasExpiry, AliasOperation } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasId } from '../../schemas/ids.ts'
import { accept, type Decision, type DecisionContext, type Refusal, refuse } from '../decider.ts'
import { type AliasState, FREE, hasExpired, isLive, type TakenSlot } from './alias-state.ts'
import { nameKey } from './name-key.ts'
import { sameTarget } from './same-target.ts'

/**
 * The rules of one operation on its slot; of a rename, on where the alias is and where it goes. What other names look
 * like is not asked here.
 */
export function decideOperation(
  command: AliasOperation | AliasExpiry,
  states: readonly AliasState[],
  context: DecisionContext,
): Decision<AliasEvent> {
  const state = states[0] ?? FREE
  if (command.type === 'alias.register') return register(command, state, context)
  if (command.type === 'alias.expire') return expire(command, state, context)
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
      if (hasExpired(expiresAt, context.at)) return expiryInPast
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
  command: Extract<AliasOperation, { type: 'alias.register' }>,
  state: AliasState,
  context: DecisionContext,
): Decision<AliasEvent> {
  if (isLive(state, context.at)) return nameTaken(state, 'name')
  if (hasExpired(command.data.expiresAt, context.at)) return expiryInPast
  const owner = command.data.owner ?? context.actor
  if (owner !== context.actor && !context.actsForOthers)
    return refuse('forbidden', 'only an operator or an administrator may register an alias for another owner', 'owner')
  return accept({ type: 'alias.registered', data: { ...command.data, owner, aliasId: context.newId as AliasId } })
}

/** Nobody's wish, so nobody's alias: the time has come, or not. */
function expire(command: AliasExpiry, state: AliasState, { at }: Pick<DecisionContext, 'at'>): Decision<AliasEvent> {
  if (state.status === 'free') return unchanged
  const { aliasId, name, expiresAt } = state
  if (expiresAt === null || !hasExpired(expiresAt, at))
    return refuse('alias_not_due', `"${name}" has not expired`, 'name')
  return accept({ type: 'alias.expired', data: { aliasId, scope: command.data.scope, name, expiresAt } })
}

function rename(
  command: Extract<AliasOperation, { type: 'alias.rename' }>,
  state: TakenSlot,
  destination: AliasState | undefined,
  context: DecisionContext,
): Decision<AliasEvent> {
  const { scope, newName } = command.data
  const { status: _, lookAlikes: __, name, aliasId, ...rest } = state
  if (newName === name) return unchanged
  if (nameKey(newName) === nameKey(name))
    return accept({ type: 'alias.respelled', data: { aliasId, scope, name: newName, previousName: name } })
  if (destination !== undefined && isLive(destination, context.at)) return nameTaken(destination, 'newName')
  return accept<AliasEvent>(
    { type: 'alias.renamed-away', data: { aliasId, scope, name, to: newName } },
    { type: 'alias.renamed-here', data: { ...rest, aliasId, scope, name: newName, from: name } },
  )
}

function describe(
  command: Extract<AliasOperation, { type: 'alias.describe' }>,
  state: TakenSlot,
): Decision<AliasEvent> {
  const description = command.data.description === undefined ? state.description : command.data.description
  const metadata = command.data.metadata ?? state.metadata
  if (description === state.description && JSON.stringify(metadata) === JSON.stringify(state.metadata)) return unchanged
  return accept({
    type: 'alias.described',
    data: { aliasId: state.aliasId, scope: command.data.scope, name: state.name, description, metadata },
  })
}

const unchanged: Decision<never> = accept()
const expiryInPast: Refusal = refuse('expiry_in_past', 'expiresAt must be later than now', 'expiresAt')

function nameTaken(by: TakenSlot, field: string): Refusal {
  return refuse('name_taken', `"${by.name}" already names another target in this scope`, field)
}

function notOwner(state: TakenSlot): Refusal {
  return refuse('forbidden', `"${state.name}" belongs to ${state.owner}`)
}

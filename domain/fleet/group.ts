import type { GroupCommand } from '../../schemas/commands/group.ts'
import type { GroupEvent } from '../../schemas/events/group.ts'
import { accept, type Decider, type Decision } from '../decider.ts'
import { changedFields } from './changed-fields.ts'
import type { CompanyState } from './company.ts'
import { refuseMissing, refuseTaken } from './refuse-missing.ts'

/**
 * A group of users. It knows none of them, nor its locations: a link is the user's or the location's own, so a group of
 * a hundred thousand is no larger than one of two, and nobody waits for others at it.
 */
export type GroupState = { readonly status: 'none' | 'removed' } | RegisteredGroup

export interface RegisteredGroup extends Readonly<Omit<RegisteredData, 'groupId'>> {
  readonly status: 'registered'
}

type RegisteredData = Extract<GroupEvent, { type: 'group.registered' }>['data']
type States = GroupState | CompanyState

const NONE: GroupState = { status: 'none' }

/** `group.register` refers to its company. */
export const group: Decider<States, GroupCommand, GroupEvent> = {
  initialState: NONE,
  decide,
  evolve: (state, event) => evolve(state as GroupState, event),
}

function decide(command: GroupCommand, states: readonly States[]): Decision<GroupEvent> {
  const [state = NONE, company = NONE] = states as readonly GroupState[]
  const { groupId } = command.data
  if (command.type === 'group.register') {
    if (state.status !== 'none') return refuseTaken('group', groupId, state)
    if (company.status !== 'registered') return refuseMissing('company', command.data.companyId, company)
    return accept({ type: 'group.registered', data: command.data })
  }
  if (command.type === 'group.remove' && state.status === 'removed') return accept()
  if (state.status !== 'registered') return refuseMissing('group', groupId, state)
  if (command.type === 'group.remove') return accept({ type: 'group.removed', data: { groupId } })
  const { groupId: _, ...wishes } = command.data
  const changes = changedFields(state, wishes)
  return Object.keys(changes).length === 0 ? accept() : accept({ type: 'group.changed', data: { groupId, ...changes } })
}

function evolve(state: GroupState, event: GroupEvent): GroupState {
  switch (event.type) {
    case 'group.registered': {
      const { groupId: _, ...details } = event.data
      return { status: 'registered', ...details }
    }
    case 'group.changed': {
      const { groupId: _, ...changes } = event.data
      return state.status === 'registered' ? { ...state, ...changes } : state
    }
    case 'group.removed':
      return { status: 'removed' }
  }
}

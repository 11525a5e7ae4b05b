import type { LocationCommand } from '../../schemas/commands/location.ts'
import type { LocationEvent } from '../../schemas/events/location.ts'
import { accept, type Decider, type Decision, type DecisionContext } from '../decider.ts'
import { changedFields } from './changed-fields.ts'
import type { CompanyState } from './company.ts'
import type { GroupState } from './group.ts'
import { refuseLink } from './group-link.ts'
import { refuseInUse, refuseMissing, refuseTaken } from './refuse-missing.ts'

/** A place with devices. Which groups are seen there is its own: a company's groups come and go, a place has few. */
export type LocationState = { readonly status: 'none' | 'removed' } | RegisteredLocation

export interface RegisteredLocation extends Details {
  readonly status: 'registered'
  readonly groups: readonly string[]
}

type Details = Readonly<Omit<Extract<LocationEvent, { type: 'location.registered' }>['data'], 'locationId'>>
type States = LocationState | CompanyState | GroupState

const NONE: LocationState = { status: 'none' }

/** `location.register` refers to its company, `location.link-group` to the group. */
export const location: Decider<States, LocationCommand, LocationEvent> = {
  initialState: NONE,
  decide,
  evolve: (state, event) => evolve(state as LocationState, event),
}

function decide(
  command: LocationCommand,
  states: readonly States[],
  { referrers = [] }: DecisionContext,
): Decision<LocationEvent> {
  const [state = NONE, other = NONE] = states as readonly LocationState[]
  const { locationId } = command.data
  if (command.type === 'location.register') {
    if (state.status !== 'none') return refuseTaken('location', locationId, state)
    if (other.status !== 'registered') return refuseMissing('company', command.data.companyId, other)
    return accept({ type: 'location.registered', data: command.data })
  }
  if (command.type === 'location.remove' && state.status === 'removed') return accept()
  if (state.status !== 'registered') return refuseMissing('location', locationId, state)
  switch (command.type) {
    case 'location.change': {
      const { locationId: _, ...wishes } = command.data
      const changes = changedFields(state, wishes)
      return Object.keys(changes).length === 0
        ? accept()
        : accept({ type: 'location.changed', data: { locationId, ...changes } })
    }
    case 'location.remove':
      return referrers.length > 0
        ? refuseInUse('location', locationId, referrers)
        : accept({ type: 'location.removed', data: { locationId } })
    case 'location.link-group': {
      const { groupId } = command.data
      if (state.groups.includes(groupId)) return accept()
      const refusal = refuseLink(groupId, states[1] as GroupState, state)
      return refusal ?? accept({ type: 'location.group-linked', data: command.data })
    }
    case 'location.unlink-group':
      return state.groups.includes(command.data.groupId)
        ? accept({ type: 'location.group-unlinked', data: command.data })
        : accept()
  }
}

function evolve(state: LocationState, event: LocationEvent): LocationState {
  if (event.type === 'location.registered') {
    const { locationId: _, ...details } = event.data
    return { status: 'registered', ...details, groups: [] }
  }
  if (state.status !== 'registered') return state
  switch (event.type) {
    case 'location.changed': {
      const { locationId: _, ...changes } = event.data
      return { ...state, ...changes }
    }
    case 'location.group-linked':
      return { ...state, groups: [...state.groups, event.data.groupId] }
    case 'location.group-unlinked':
      return { ...state, groups: state.groups.filter((group) => group !== event.data.groupId) }
    case 'location.removed':
      return { status: 'removed' }
  }
}

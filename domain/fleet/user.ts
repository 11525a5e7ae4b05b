import type { UserCommand, UserErasure } from '../../schemas/commands/user.ts'
import type { UserEvent } from '../../schemas/events/user.ts'
import { accept, type Decider, type Decision, refuse } from '../decider.ts'
import { changedFields } from './changed-fields.ts'
import type { CompanyState } from './company.ts'
import type { GroupState } from './group.ts'
import { refuseLink } from './group-link.ts'
import { refuseMissing } from './refuse-missing.ts'

/** One person. `removed` may be registered again; `erased` never: whoever comes again is another person to us. */
export type UserState = { readonly status: 'none' | 'removed' | 'erased' } | RegisteredUser

export interface RegisteredUser extends Details {
  readonly status: 'registered'
  /** The groups that the user is a member of. */
  readonly groups: readonly string[]
}

type Details = Readonly<Omit<Extract<UserEvent, { type: 'user.registered' }>['data'], 'userId'>>
type States = UserState | CompanyState | GroupState

const NONE: UserState = { status: 'none' }

/**
 * Rules of one person of the fleet. `user.register`, and `user.change` to another company, refer to the company;
 * `user.link-group` to the group.
 */
export const user: Decider<States, UserCommand | UserErasure, UserEvent> = {
  initialState: NONE,
  decide,
  evolve: (state, event) => evolve(state as UserState, event),
}

function decide(command: UserCommand | UserErasure, states: readonly States[]): Decision<UserEvent> {
  const [state = NONE, other = NONE] = states as readonly UserState[]
  const { userId } = command.data
  if (state.status === 'erased')
    return command.type === 'user.erase' || command.type === 'user.erase-again'
      ? accept()
      : refuse('user_erased', `the user "${userId}" was erased; take another id`, 'userId')
  switch (command.type) {
    case 'user.register':
      if (state.status === 'registered') return refuse('user_exists', `there is a user "${userId}" already`, 'userId')
      if (other.status !== 'registered') return refuseMissing('company', command.data.companyId, other)
      return accept({ type: 'user.registered', data: command.data })
    case 'user.change': {
      if (state.status !== 'registered') return notFound(userId)
      const { userId: _, ...wishes } = command.data
      const changes = changedFields(state, wishes)
      if (changes.companyId !== undefined) {
        if (other.status !== 'registered') return refuseMissing('company', changes.companyId, other)
        if (state.groups.length > 0)
          return refuse('user_in_groups', `the user "${userId}" is in groups of "${state.companyId}"`, 'companyId')
      }
      return Object.keys(changes).length === 0
        ? accept()
        : accept({ type: 'user.changed', data: { userId, ...changes } })
    }
    case 'user.link-group': {
      if (state.status !== 'registered') return notFound(userId)
      if (state.groups.includes(command.data.groupId)) return accept()
      const refusal = refuseLink(command.data.groupId, states[1] as GroupState, state)
      return refusal ?? accept({ type: 'user.group-linked', data: command.data })
    }
    case 'user.unlink-group':
      if (state.status !== 'registered') return notFound(userId)
      return state.groups.includes(command.data.groupId)
        ? accept({ type: 'user.group-unlinked', data: command.data })
        : accept()
    case 'user.remove':
      if (state.status === 'none') return notFound(userId)
      return state.status === 'removed' ? accept() : accept({ type: 'user.removed', data: { userId } })
    case 'user.erase':
      // One who was removed only is still in the log.
      return state.status === 'none' ? notFound(userId) : accept({ type: 'user.erased', data: { userId } })
    case 'user.erase-again':
      // Also of whom this log knows nothing: their id is never anybody's again.
      return accept({ type: 'user.erased', data: { userId } })
  }
}

function evolve(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case 'user.registered': {
      const { userId: _, ...details } = event.data
      return { status: 'registered', ...details, groups: [] }
    }
    case 'user.changed': {
      const { userId: _, ...changes } = event.data
      return state.status === 'registered' ? { ...state, ...changes } : state
    }
    case 'user.group-linked':
      return state.status === 'registered' ? { ...state, groups: [...state.groups, event.data.groupId] } : state
    case 'user.group-unlinked':
      return state.status === 'registered'
        ? { ...state, groups: state.groups.filter((group) => group !== event.data.groupId) }
        : state
    case 'user.removed':
      return { status: 'removed' }
    case 'user.erased':
      return { status: 'erased' }
  }
}

function notFound(userId: string): Decision<UserEvent> {
  return refuse('user_not_found', `there is no user "${userId}"`, 'userId')
}

import type { UserCommand } from '../../schemas/commands/user.ts'
import type { UserEvent } from '../../schemas/events/user.ts'
import { accept, type Decider, type Decision, refuse } from '../decider.ts'

/** One person. `removed` may be registered again; `erased` never: whoever comes again is another person to us. */
export type UserState = { readonly status: 'none' | 'removed' | 'erased' } | RegisteredUser

export interface RegisteredUser extends Details {
  readonly status: 'registered'
}

type Details = Readonly<Omit<Extract<UserEvent, { type: 'user.registered' }>['data'], 'userId'>>
type Changes = Extract<UserEvent, { type: 'user.changed' }>['data']

const NONE: UserState = { status: 'none' }

/** Rules of one person of the fleet. */
export const user: Decider<UserState, UserCommand, UserEvent> = { initialState: NONE, decide, evolve }

function decide(command: UserCommand, [state = NONE]: readonly UserState[]): Decision<UserEvent> {
  const { userId } = command.data
  if (state.status === 'erased')
    return command.type === 'user.erase'
      ? accept()
      : refuse('user_erased', `the user "${userId}" was erased; take another id`, 'userId')
  switch (command.type) {
    case 'user.register':
      if (state.status === 'registered') return refuse('user_exists', `there is a user "${userId}" already`, 'userId')
      return accept({ type: 'user.registered', data: command.data })
    case 'user.change': {
      if (state.status !== 'registered') return notFound(userId)
      const changes = changed(state, command.data)
      return Object.keys(changes).length === 0
        ? accept()
        : accept({ type: 'user.changed', data: { userId, ...changes } })
    }
    case 'user.remove':
      if (state.status === 'none') return notFound(userId)
      return state.status === 'removed' ? accept() : accept({ type: 'user.removed', data: { userId } })
    case 'user.erase':
      // One who was removed only is still in the log.
      return state.status === 'none' ? notFound(userId) : accept({ type: 'user.erased', data: { userId } })
  }
}

/** What of the wishes differs from what is. */
function changed(
  state: RegisteredUser,
  wishes: Extract<UserCommand, { type: 'user.change' }>['data'],
): Omit<Changes, 'userId'> {
  const { companyId, name, email, phone } = wishes
  return {
    ...(companyId === undefined || companyId === state.companyId ? {} : { companyId }),
    ...(name === undefined || name === state.name ? {} : { name }),
    ...(email === undefined || email === state.email ? {} : { email }),
    ...(phone === undefined || phone === state.phone ? {} : { phone }),
  }
}

function evolve(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case 'user.registered': {
      const { userId: _, ...details } = event.data
      return { status: 'registered', ...details }
    }
    case 'user.changed': {
      const { userId: _, ...changes } = event.data
      return state.status === 'registered' ? { ...state, ...changes } : state
    }
    case 'user.removed':
      return { status: 'removed' }
    case 'user.erased':
      return { status: 'erased' }
  }
}

function notFound(userId: string): Decision<UserEvent> {
  return refuse('user_not_found', `there is no user "${userId}"`, 'userId')
}

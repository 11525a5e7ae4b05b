import { user, type UserState } from '../../domain/fleet/user.ts'
import { type UserCommand, userCommandData } from '../../schemas/commands/user.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readUserEvent } from '../../schemas/events/read-user-event.ts'
import type { UserEvent } from '../../schemas/events/user.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'
import type { AggregateDefinition } from '../command-handler.ts'

/** People of the fleet: one aggregate each, `evt.user.<userId>`. Erasing one takes who administers the fleet. */
export const users: AggregateDefinition<UserState, UserCommand, UserEvent> = {
  decider: user,
  commands: {
    'user.register': { data: userCommandData['user.register'], aggregates, permission: () => WRITE },
    'user.change': { data: userCommandData['user.change'], aggregates, permission: () => WRITE },
    'user.remove': { data: userCommandData['user.remove'], aggregates, permission: () => WRITE },
    'user.erase': { data: userCommandData['user.erase'], aggregates, permission: () => ADMINISTER },
  },
  readEvent: readUserEvent,
  versionOf: currentVersion,
}

/** The subject that holds all that is known of one person. */
export function userSubject(userId: string): AggregateSubject {
  return aggregateSubject('user', userId)
}

const WRITE = { action: 'write', on: 'fleet' } as const
const ADMINISTER = { action: 'administer', on: 'fleet' } as const

function aggregates({ userId }: { userId: string }): readonly AggregateSubject[] {
  return [userSubject(userId)]
}

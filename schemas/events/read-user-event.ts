import type { Envelope } from '../envelope.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'
import { type UserEvent, userEventData } from './user.ts'

/**
 * The user event in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readUserEvent(envelope: Pick<Envelope, 'type' | 'data'>): UserEvent {
  const { name, data } = upcast(envelope)
  switch (name) {
    case 'user.registered':
      return { type: name, data: userEventData[name].parse(data) }
    case 'user.changed':
      return { type: name, data: userEventData[name].parse(data) }
    case 'user.group-linked':
      return { type: name, data: userEventData[name].parse(data) }
    case 'user.group-unlinked':
      return { type: name, data: userEventData[name].parse(data) }
    case 'user.removed':
      return { type: name, data: userEventData[name].parse(data) }
    case 'user.erased':
      return { type: name, data: userEventData[name].parse(data) }
    default:
      throw new UnknownEventError(envelope.type)
  }
}

import type { Envelope } from '../envelope.ts'
import { type AccessEvent, accessEventData } from './access.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The access event in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAccessEvent(envelope: Pick<Envelope, 'type' | 'data'>): AccessEvent {
  const { name, data } = upcast(envelope)
  switch (name) {
    case 'api-key.issued':
      return { type: name, data: accessEventData[name].parse(data) }
    case 'api-key.revoked':
      return { type: name, data: accessEventData[name].parse(data) }
    default:
      throw new UnknownEventError(envelope.type)
  }
}

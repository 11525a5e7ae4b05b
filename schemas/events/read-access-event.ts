import { type Envelope, parseEventType } from '../envelope.ts'
import { type AccessEvent, accessEventData } from './access.ts'
import { UnknownEventError } from './unknown-event.ts'

/**
 * The access event in an envelope, checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAccessEvent({ type, data }: Pick<Envelope, 'type' | 'data'>): AccessEvent {
  const { name, version } = parseEventType(type)
  if (version !== 1) throw new UnknownEventError(type)
  switch (name) {
    case 'api-key.issued':
      return { type: name, data: accessEventData[name].parse(data) }
    case 'api-key.revoked':
      return { type: name, data: accessEventData[name].parse(data) }
    default:
      throw new UnknownEventError(type)
  }
}

import { type Envelope, parseEventType } from '../envelope.ts'
import { type AliasIndexEvent, aliasIndexEventData } from './alias-index.ts'
import { UnknownEventError } from './unknown-event.ts'

/**
 * The alias index event in an envelope, checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAliasIndexEvent({ type, data }: Pick<Envelope, 'type' | 'data'>): AliasIndexEvent {
  const { name, version } = parseEventType(type)
  if (version !== 1 || name !== 'index.published') throw new UnknownEventError(type)
  return { type: name, data: aliasIndexEventData[name].parse(data) }
}

import type { Envelope } from '../envelope.ts'
import { type AliasIndexEvent, aliasIndexEventData } from './alias-index.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The alias index event in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAliasIndexEvent(envelope: Pick<Envelope, 'type' | 'data'>): AliasIndexEvent {
  const { name, data } = upcast(envelope)
  if (name !== 'index.published') throw new UnknownEventError(envelope.type)
  return { type: name, data: aliasIndexEventData[name].parse(data) }
}

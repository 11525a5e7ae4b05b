import type { Envelope } from '../envelope.ts'
import { type AliasEvent, type AliasEventName, aliasEventData } from './alias.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The alias event in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAliasEvent(envelope: Pick<Envelope, 'type' | 'data'>): AliasEvent {
  const { name, data } = upcast(envelope)
  if (!isAliasEventName(name)) throw new UnknownEventError(envelope.type)
  return { type: name, data: aliasEventData[name].parse(data) } as AliasEvent
}

function isAliasEventName(name: string): name is AliasEventName {
  return Object.hasOwn(aliasEventData, name)
}

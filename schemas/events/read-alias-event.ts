import { type Envelope, parseEventType } from '../envelope.ts'
import { type AliasEvent, type AliasEventName, aliasEventData } from './alias.ts'
import { UnknownEventError } from './unknown-event.ts'

/**
 * The alias event in an envelope, checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAliasEvent({ type, data }: Pick<Envelope, 'type' | 'data'>): AliasEvent {
  const { name, version } = parseEventType(type)
  if (version !== 1 || !isAliasEventName(name)) throw new UnknownEventError(type)
  return { type: name, data: aliasEventData[name].parse(data) } as AliasEvent
}

function isAliasEventName(name: string): name is AliasEventName {
  return Object.hasOwn(aliasEventData, name)
}

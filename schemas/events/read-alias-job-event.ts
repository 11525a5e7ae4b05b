import type { Envelope } from '../envelope.ts'
import { type AliasJobEvent, type AliasJobEventName, aliasJobEventData } from './alias-job.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The event of an alias job in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAliasJobEvent(envelope: Pick<Envelope, 'type' | 'data'>): AliasJobEvent {
  const { name, data } = upcast(envelope)
  if (!isAliasJobEventName(name)) throw new UnknownEventError(envelope.type)
  return { type: name, data: aliasJobEventData[name].parse(data) } as AliasJobEvent
}

function isAliasJobEventName(name: string): name is AliasJobEventName {
  return Object.hasOwn(aliasJobEventData, name)
}

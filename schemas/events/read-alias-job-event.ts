import { type Envelope, parseEventType } from '../envelope.ts'
import { type AliasJobEvent, type AliasJobEventName, aliasJobEventData } from './alias-job.ts'
import { UnknownEventError } from './unknown-event.ts'

/**
 * The alias job event in an envelope, checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readAliasJobEvent({ type, data }: Pick<Envelope, 'type' | 'data'>): AliasJobEvent {
  const { name, version } = parseEventType(type)
  if (version !== 1 || !isAliasJobEventName(name)) throw new UnknownEventError(type)
  return { type: name, data: aliasJobEventData[name].parse(data) } as AliasJobEvent
}

function isAliasJobEventName(name: string): name is AliasJobEventName {
  return Object.hasOwn(aliasJobEventData, name)
}

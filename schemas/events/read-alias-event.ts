import { type Check, compileCheck } from '../compile-check.ts'
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
  return { type: name, data: fits[name](data) ? data : aliasEventData[name].parse(data) } as AliasEvent
}

/** Nearly all that stands in the log fits, and replays read it by the million. */
const fits = Object.fromEntries(
  Object.entries(aliasEventData).map(([name, schema]) => [name, compileCheck(schema)]),
) as Record<AliasEventName, Check>

function isAliasEventName(name: string): name is AliasEventName {
  return Object.hasOwn(aliasEventData, name)
}

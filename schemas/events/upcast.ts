import type { Envelope } from '../envelope.ts'
import { parseEventType } from '../envelope.ts'
import { UnknownEventError } from './unknown-event.ts'
import type { EventData, Upcasters } from './upcaster.ts'
import { upcasters } from './upcasters.ts'

/**
 * An event's name, and its data as the newest version would have written it.
 * @throws UnknownEventError when the name or the version is newer than `known`.
 */
export function upcast(
  { type, data }: Pick<Envelope, 'type' | 'data'>,
  known: Upcasters = upcasters,
): { readonly name: string; readonly data: EventData } {
  const { name, version } = parseEventType(type)
  const steps = Object.hasOwn(known, name) ? known[name] : undefined
  if (steps === undefined || version > steps.length + 1) throw new UnknownEventError(type)
  return { name, data: steps.slice(version - 1).reduce<EventData>((before, step) => step(before), data) }
}

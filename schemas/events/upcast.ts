import type { Envelope } from '../envelope.ts'
import { parseEventType } from '../envelope.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcasters } from './upcasters.ts'

/** Makes an event's data of one version what the next version would have written: pure, and total over all that was ever stored. */
export type Upcaster = (data: EventData) => EventData
export type EventData = Readonly<Record<string, unknown>>

/** For each event, by name, how to come from each version to the next: `[0]` from 1 to 2. So its newest version is one more. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>

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

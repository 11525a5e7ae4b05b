import type { Envelope } from '../envelope.ts'
import { type FleetEvent, fleetEventData, type FleetEventName } from './fleet.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The event of the fleet in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readFleetEvent(envelope: Pick<Envelope, 'type' | 'data'>): FleetEvent {
  const { name, data } = upcast(envelope)
  if (!isFleetEventName(name)) throw new UnknownEventError(envelope.type)
  return { type: name, data: fleetEventData[name].parse(data) } as FleetEvent
}

function isFleetEventName(name: string): name is FleetEventName {
  return Object.hasOwn(fleetEventData, name)
}

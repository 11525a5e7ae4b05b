import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { FleetEvent } from '../../schemas/events/fleet.ts'
import { readFleetEvent } from '../../schemas/events/read-fleet-event.ts'
import { ANYTHING } from '../held-aggregates.ts'

/**
 * Where an event that is held back would be seen, as far as no row can tell while it is not applied: a user's new group, an
 * area's location. All else is found by the id of what is held: a location itself, a company's locations, a group's.
 */
export function fleetConcerns({ envelope }: RecordedEvent): readonly string[] {
  let event: FleetEvent
  try {
    event = readFleetEvent(envelope)
  } catch {
    return [ANYTHING]
  }
  const { type, data } = event
  if (type === 'user.group-linked' || type === 'user.group-unlinked') return [`group:${data.groupId}`]
  return type === 'area.registered' ? [`location:${data.locationId}`] : []
}

import { currentVersions } from '../../schemas/events/current-version.ts'
import { fleetEventData } from '../../schemas/events/fleet.ts'
import type { Projector } from '../projector.ts'
import { applyFleetEvents } from './apply-fleet-events.ts'
import { fleetConcerns } from './fleet-concerns.ts'
import { COMPLETE_FLEET, CREATE_FLEET_TABLES, GROUP_USERS, LOCATION_GROUPS, THINGS } from './fleet-tables.ts'

const tables = [...Object.values(THINGS), LOCATION_GROUPS, GROUP_USERS]

/** Everything in the fleet, and which locations and devices see something else since when. */
export const fleet: Projector = {
  name: 'fleet',
  version: 2,
  // Addresses are claimed and released together with a device's events, and stand in its row.
  subjects: [...Object.keys(THINGS), 'mac'].map((kind) => `evt.${kind}.>`),
  eventVersions: currentVersions(Object.keys(fleetEventData)),
  tables: CREATE_FLEET_TABLES,
  completion: COMPLETE_FLEET,
  personal: { users: ['name', 'email', 'phone'] },
  views: Object.fromEntries([
    ...tables.map(({ name, columns }) => [name, `select ${Object.keys(columns).join(', ')} from ${name}`]),
    ['dirty_scopes', 'select scope, position from dirty_scopes'],
  ]),
  concerns: fleetConcerns,
  apply: applyFleetEvents,
}

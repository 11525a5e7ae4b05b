import { z } from 'zod'
import { fleetId, fleetName, fleetText, latitude, longitude, timeZone } from '../fleet.ts'
import type { CommandOf } from './command-of.ts'
import { someChange } from './some-change.ts'

const link = z.strictObject({ locationId: fleetId, groupId: fleetId })

/** Command data by command type. */
export const locationCommandData = {
  'location.register': z.strictObject({
    locationId: fleetId,
    companyId: fleetId,
    name: fleetName,
    address: fleetText.nullable().default(null),
    timeZone: timeZone.nullable().default(null),
    latitude: latitude.nullable().default(null),
    longitude: longitude.nullable().default(null),
  }),
  /** What is left out stays; `null` clears it. */
  'location.change': someChange(
    z.strictObject({
      locationId: fleetId,
      name: fleetName.optional(),
      address: fleetText.nullable().optional(),
      timeZone: timeZone.nullable().optional(),
      latitude: latitude.nullable().optional(),
      longitude: longitude.nullable().optional(),
    }),
    'name',
    'address',
    'timeZone',
    'latitude',
    'longitude',
  ),
  /** Refused while it has devices or areas. Its links go with it. */
  'location.remove': z.strictObject({ locationId: fleetId }),
  /** The users of the group are seen at the location from then on. Both must be of one company. */
  'location.link-group': link,
  'location.unlink-group': link,
} as const

export type LocationCommand = CommandOf<typeof locationCommandData>

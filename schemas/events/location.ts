import { z } from 'zod'
import { fleetId } from '../fleet.ts'
import type { EventOf } from './event-of.ts'

const text = z.string().nullable()
const link = z.strictObject({ locationId: fleetId, groupId: fleetId })

/** Event data by event name, of the newest version of each. Degrees are decimal texts. */
export const locationEventData = {
  'location.registered': z.strictObject({
    locationId: fleetId,
    companyId: fleetId,
    name: z.string(),
    address: text,
    timeZone: text,
    latitude: text,
    longitude: text,
  }),
  /** Only what has changed; `null`: there is none any more. */
  'location.changed': z.strictObject({
    locationId: fleetId,
    name: z.string().exactOptional(),
    address: text.exactOptional(),
    timeZone: text.exactOptional(),
    latitude: text.exactOptional(),
    longitude: text.exactOptional(),
  }),
  'location.removed': z.strictObject({ locationId: fleetId }),
  'location.group-linked': link,
  'location.group-unlinked': link,
} as const

export type LocationEvent = EventOf<typeof locationEventData>

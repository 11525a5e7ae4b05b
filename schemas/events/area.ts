import { z } from 'zod'
import { fleetId } from '../fleet.ts'
import type { EventOf } from './event-of.ts'

const text = z.string().nullable()

/** Event data by event name, of the newest version of each. */
export const areaEventData = {
  'area.registered': z.strictObject({ areaId: fleetId, locationId: fleetId, name: z.string(), description: text }),
  /** Only what has changed; `null`: there is none any more. */
  'area.changed': z.strictObject({
    areaId: fleetId,
    name: z.string().exactOptional(),
    description: text.exactOptional(),
  }),
  'area.removed': z.strictObject({ areaId: fleetId }),
} as const

export type AreaEvent = EventOf<typeof areaEventData>

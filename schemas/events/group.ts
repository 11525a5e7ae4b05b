import { z } from 'zod'
import { fleetId } from '../fleet.ts'
import type { EventOf } from './event-of.ts'

const text = z.string().nullable()

/** Event data by event name, of the newest version of each. */
export const groupEventData = {
  'group.registered': z.strictObject({ groupId: fleetId, companyId: fleetId, name: z.string(), description: text }),
  /** Only what has changed; `null`: there is none any more. */
  'group.changed': z.strictObject({
    groupId: fleetId,
    name: z.string().exactOptional(),
    description: text.exactOptional(),
  }),
  /** Its links to locations and users end with it. */
  'group.removed': z.strictObject({ groupId: fleetId }),
} as const

export type GroupEvent = EventOf<typeof groupEventData>

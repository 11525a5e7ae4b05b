import { z } from 'zod'
import { fleetId } from '../fleet.ts'
import type { EventOf } from './event-of.ts'

/** Event data by event name, of the newest version of each. Limits are asked at the gate, not of the log. */
export const companyEventData = {
  'company.registered': z.strictObject({ companyId: fleetId, name: z.string() }),
  'company.changed': z.strictObject({ companyId: fleetId, name: z.string() }),
  'company.removed': z.strictObject({ companyId: fleetId }),
} as const

export type CompanyEvent = EventOf<typeof companyEventData>

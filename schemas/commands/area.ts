import { z } from 'zod'
import { fleetId, fleetName, fleetText } from '../fleet.ts'
import type { CommandOf } from './command-of.ts'
import { someChange } from './some-change.ts'

/** Command data by command type. */
export const areaCommandData = {
  'area.register': z.strictObject({
    areaId: fleetId,
    locationId: fleetId,
    name: fleetName,
    description: fleetText.nullable().default(null),
  }),
  /** What is left out stays; `null` clears it. */
  'area.change': someChange(
    z.strictObject({
      areaId: fleetId,
      name: fleetName.optional(),
      description: fleetText.nullable().optional(),
    }),
    'name',
    'description',
  ),
  'area.remove': z.strictObject({ areaId: fleetId }),
} as const

export type AreaCommand = CommandOf<typeof areaCommandData>

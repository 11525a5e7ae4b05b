import { z } from 'zod'
import { fleetId, fleetName, fleetText } from '../fleet.ts'
import type { CommandOf } from './command-of.ts'
import { someChange } from './some-change.ts'

/** Command data by command type. */
export const groupCommandData = {
  'group.register': z.strictObject({
    groupId: fleetId,
    companyId: fleetId,
    name: fleetName,
    description: fleetText.nullable().default(null),
  }),
  /** What is left out stays; `null` clears it. */
  'group.change': someChange(
    z.strictObject({
      groupId: fleetId,
      name: fleetName.optional(),
      description: fleetText.nullable().optional(),
    }),
    'name',
    'description',
  ),
  /** Its links to locations and users go with it. */
  'group.remove': z.strictObject({ groupId: fleetId }),
} as const

export type GroupCommand = CommandOf<typeof groupCommandData>

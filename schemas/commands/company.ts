import { z } from 'zod'
import { fleetId, fleetName } from '../fleet.ts'
import type { CommandOf } from './command-of.ts'

/** Command data by command type. */
export const companyCommandData = {
  'company.register': z.strictObject({ companyId: fleetId, name: fleetName }),
  'company.change': z.strictObject({ companyId: fleetId, name: fleetName }),
  /** Refused while it has locations, groups or users. */
  'company.remove': z.strictObject({ companyId: fleetId }),
} as const

export type CompanyCommand = CommandOf<typeof companyCommandData>

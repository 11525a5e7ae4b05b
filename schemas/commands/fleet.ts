import { type AreaCommand, areaCommandData } from './area.ts'
import { type CompanyCommand, companyCommandData } from './company.ts'
import { type DeviceCommand, deviceCommandData } from './device.ts'
import { type GroupCommand, groupCommandData } from './group.ts'
import { type LocationCommand, locationCommandData } from './location.ts'
import { type UserCommand, userCommandData } from './user.ts'

/** Command data by command type, of everything in the fleet. */
export const fleetCommandData = {
  ...companyCommandData,
  ...locationCommandData,
  ...groupCommandData,
  ...userCommandData,
  ...areaCommandData,
  ...deviceCommandData,
} as const

export type FleetCommand = CompanyCommand | LocationCommand | GroupCommand | UserCommand | AreaCommand | DeviceCommand
export type FleetCommandType = FleetCommand['type']

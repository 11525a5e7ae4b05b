import { type AreaEvent, areaEventData } from './area.ts'
import { type CompanyEvent, companyEventData } from './company.ts'
import { type DeviceEvent, deviceEventData } from './device.ts'
import { type GroupEvent, groupEventData } from './group.ts'
import { type LocationEvent, locationEventData } from './location.ts'
import { type UserEvent, userEventData } from './user.ts'

/** Event data by event name, of everything in the fleet. */
export const fleetEventData = {
  ...companyEventData,
  ...locationEventData,
  ...groupEventData,
  ...userEventData,
  ...areaEventData,
  ...deviceEventData,
} as const

export type FleetEvent = CompanyEvent | LocationEvent | GroupEvent | UserEvent | AreaEvent | DeviceEvent
export type FleetEventName = FleetEvent['type']

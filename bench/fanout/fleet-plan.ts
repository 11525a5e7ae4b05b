import { hash } from 'node:crypto'
import {
  companySubject,
  deviceSubject,
  groupSubject,
  locationSubject,
  macSubject,
  userSubject,
} from '../../commands/fleet/fleet-subjects.ts'
import type { EventToWrite } from '../log/event-write.ts'

/** How large a fleet is. Every user is seen at {@link FleetSize.spread} locations. */
export interface FleetSize {
  readonly locations: number
  readonly devicesPerLocation: number
  readonly usersPerLocation: number
  readonly spread: number
}

const COMPANY = 'company-1'
export const locationName = (number: number): string => `location-${number.toString().padStart(4, '0')}`
export const userName = (number: number): string => `user-${number.toString().padStart(6, '0')}`
export const deviceName = (number: number): string => `device-${number.toString().padStart(6, '0')}`
const groupName = (number: number): string => `group-${number.toString().padStart(4, '0')}`

export const userCount = ({ locations, usersPerLocation, spread }: FleetSize): number =>
  (locations * usersPerLocation) / spread

/**
 * One company with as many groups as locations: a group is at so many neighbouring locations as a user is to be seen at,
 * and all its users are in it alone. Each entry is a command's events; later parts rest on the revisions of earlier ones.
 */
export function fleetPlan(size: FleetSize): readonly (readonly EventToWrite[])[] {
  const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number)
  return [
    [one(companySubject(COMPANY), 'company.registered', { companyId: COMPANY, name: 'Fan-out Ltd' })],
    ...numbers(size.locations).map((number) => [location(number)]),
    ...numbers(size.locations).map((number) => [group(number)]),
    ...numbers(userCount(size)).map((number) => [user(number)]),
    ...numbers(size.locations * size.devicesPerLocation).map((number) => device(number, size)),
  ]
}

/** The links, as one round of events after another: each of the round is of another aggregate. */
export function linkRounds(size: FleetSize): readonly (readonly EventToWrite[])[] {
  const { locations, spread } = size
  const memberships = Array.from({ length: userCount(size) }, (_, number) => {
    const data = { userId: userName(number), groupId: groupName(number % locations) }
    return one(userSubject(data.userId), 'user.group-linked', data)
  })
  const places = Array.from({ length: spread }, (_, step) =>
    Array.from({ length: locations }, (__, number) => {
      const data = { locationId: locationName(number), groupId: groupName((number + step) % locations) }
      return one(locationSubject(data.locationId), 'location.group-linked', data)
    }),
  )
  return [memberships, ...places]
}

function one(subject: EventToWrite['subject'], type: string, data: object): EventToWrite {
  return { subject, event: { type, data } }
}

function location(number: number): EventToWrite {
  const locationId = locationName(number)
  const nowhere = { address: null, timeZone: null, latitude: null, longitude: null }
  const data = { locationId, companyId: COMPANY, name: `Location ${number}`, ...nowhere }
  return one(locationSubject(locationId), 'location.registered', data)
}

function group(number: number): EventToWrite {
  const groupId = groupName(number)
  const data = { groupId, companyId: COMPANY, name: `Group ${number}`, description: null }
  return one(groupSubject(groupId), 'group.registered', data)
}

/** With nothing in it that compresses: some 150 bytes as a row. */
function user(number: number): EventToWrite {
  const userId = userName(number)
  const random = hash('sha256', userId)
  return one(userSubject(userId), 'user.registered', {
    userId,
    companyId: COMPANY,
    name: `User ${random.slice(0, 12)}`,
    email: `${random.slice(12, 24)}@example.com`,
    phone: `+1${Number.parseInt(random.slice(24, 32), 16).toString().padStart(10, '0')}`,
  })
}

function device(number: number, { devicesPerLocation }: FleetSize): readonly EventToWrite[] {
  const deviceId = deviceName(number)
  const mac = `02:${number.toString(16).padStart(10, '0').match(/../g)?.join(':')}`
  const locationId = locationName(Math.floor(number / devicesPerLocation))
  const about = { name: `Device ${number}`, model: 'Jetson Orin' }
  return [
    one(deviceSubject(deviceId), 'device.registered', { deviceId, mac, locationId, ...about }),
    one(macSubject(mac), 'mac.claimed', { mac, deviceId }),
  ]
}

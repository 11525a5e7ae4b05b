import { z } from 'zod'
import { deviceId } from '../device-sync/manifest.ts'
import { fleetId } from '../fleet.ts'
import { macAddress } from '../mac-address.ts'

const times = {
  createdAt: z.string(),
  updatedAt: z.string(),
  /** What `expectedRevision` is compared with. */
  revision: z.int(),
}
const text = z.string().nullable()

/** The kinds of things in a fleet, each as it is shown. */
export const fleetViews = {
  company: z.object({ companyId: z.string(), name: z.string(), ...times }).meta({ id: 'Company' }),
  location: z
    .object({
      locationId: z.string(),
      companyId: z.string(),
      name: z.string(),
      address: text,
      timeZone: text,
      /** Decimal degrees, as a text that keeps every digit. */
      latitude: text,
      longitude: text,
      ...times,
    })
    .meta({ id: 'Location' }),
  group: z
    .object({ groupId: z.string(), companyId: z.string(), name: z.string(), description: text, ...times })
    .meta({ id: 'Group' }),
  user: z
    .object({ userId: z.string(), companyId: z.string(), name: z.string(), email: text, phone: text, ...times })
    .meta({ id: 'User' }),
  area: z
    .object({ areaId: z.string(), locationId: z.string(), name: z.string(), description: text, ...times })
    .meta({ id: 'Area' }),
  device: z
    .object({
      deviceId: z.string(),
      mac: z.string(),
      /** `null`: it stands nowhere. */
      locationId: text,
      name: text,
      model: text,
      status: z.enum(['active', 'decommissioned']),
      ...times,
    })
    .meta({ id: 'Device' }),
} as const

export type FleetKind = keyof typeof fleetViews
export type FleetView<K extends FleetKind = FleetKind> = z.infer<(typeof fleetViews)[K]>
export const FLEET_KINDS = Object.keys(fleetViews) as readonly FleetKind[]

/** As much of a name as somebody may type. */
const search = z
  .string()
  .trim()
  .max(200, 'at most 200 characters are searched')
  .regex(/[\p{L}\p{N}]/u, 'must hold a letter or a digit')
  .describe('Of whose name some words begin with each of these, in any order and case')

const asked = {
  search: search.optional(),
  seenBy: deviceId.optional().describe('What this device sees of them'),
}

/** Which of them: all that is given must hold. Of devices those that are decommissioned are left out, unless asked for. */
export const fleetFilters = {
  company: z.strictObject(asked),
  location: z.strictObject({ companyId: fleetId.optional(), groupId: fleetId.optional(), ...asked }),
  group: z.strictObject({
    companyId: fleetId.optional(),
    locationId: fleetId.optional(),
    userId: fleetId.optional(),
    ...asked,
  }),
  user: z.strictObject({
    companyId: fleetId.optional(),
    groupId: fleetId.optional(),
    locationId: fleetId.optional().describe('Members of the groups of this location'),
    ...asked,
  }),
  area: z.strictObject({ locationId: fleetId.optional(), ...asked }),
  device: z.strictObject({
    companyId: fleetId.optional(),
    locationId: fleetId.optional(),
    mac: macAddress.optional(),
    status: z.enum(['active', 'decommissioned']).default('active'),
    ...asked,
  }),
} as const

const page = {
  /** As the page before gave it; opaque. */
  cursor: z.string().min(1).max(2048).optional(),
  limit: z.int().min(1).max(500).default(100),
}

const items = <K extends FleetKind>(kind: K) =>
  z.object({ items: z.array(fleetViews[kind]), nextCursor: z.string().nullable() })

/** Query data by query type. Lists are in order of id. */
export const fleetQueryData = {
  'company.get': z.strictObject({ companyId: fleetId }),
  'company.list': fleetFilters.company.extend(page),
  'location.get': z.strictObject({ locationId: fleetId }),
  'location.list': fleetFilters.location.extend(page),
  'group.get': z.strictObject({ groupId: fleetId }),
  'group.list': fleetFilters.group.extend(page),
  'user.get': z.strictObject({ userId: fleetId }),
  'user.list': fleetFilters.user.extend(page),
  'area.get': z.strictObject({ areaId: fleetId }),
  'area.list': fleetFilters.area.extend(page),
  'device.get': z.strictObject({ deviceId }),
  'device.list': fleetFilters.device.extend(page),
  /** All that the device sees, counted; the lists show it with `seenBy`. */
  'device.sees': z.strictObject({ deviceId }),
} as const

/** What a device sees: nothing while it stands nowhere. */
export const deviceSight = z
  .object({
    device: fleetViews.device,
    location: fleetViews.location.nullable(),
    company: fleetViews.company.nullable(),
    counts: z.object({
      groups: z.int(),
      users: z.int(),
      areas: z.int(),
      locationGroups: z.int(),
      groupUsers: z.int(),
    }),
  })
  .meta({ id: 'DeviceSight' })
export type DeviceSight = z.infer<typeof deviceSight>

/** What a query answers, by query type. */
export const fleetQueryAnswer = {
  'company.get': fleetViews.company,
  'company.list': items('company'),
  'location.get': fleetViews.location,
  'location.list': items('location'),
  'group.get': fleetViews.group,
  'group.list': items('group'),
  'user.get': fleetViews.user,
  'user.list': items('user'),
  'area.get': fleetViews.area,
  'area.list': items('area'),
  'device.get': fleetViews.device,
  'device.list': items('device'),
  'device.sees': deviceSight,
} as const
export type FleetQueryType = keyof typeof fleetQueryData

import { derivedCommandId } from '../../commands/derived-command-id.ts'
import type { CommandInput, CommandType } from '../../schemas/commands/command-data.ts'
import type { CommandId } from '../../schemas/ids.ts'
import type { Airport } from './airports.ts'

/** One command of the sample fleet. Its id comes from its content, as those of the other samples do. */
export interface FleetCommand {
  readonly type: CommandType
  readonly commandId: CommandId
  readonly data: CommandInput<CommandType>
}

/** The sample's devices, each at a real airport. */
export const SAMPLE_DEVICES = [
  { deviceId: 'jetson-sea', mac: '48:b0:2d:e9:c3:b7', site: 'SEA' },
  { deviceId: 'jetson-sfo', mac: '48:b0:2d:e9:c3:b8', site: 'SFO' },
] as const

/** Somebody whom the device in Seattle shows, and no other. */
export const SEATTLE_ONLY = { userId: 'ines-aalto', names: ['Ines Aalto', 'Ines Aalto-Berg'] } as const

const COMPANY = 'cascade-ground'
const GROUPS = [
  { groupId: 'sea-ramp', name: 'Ramp crew, Seattle', sites: ['SEA'] },
  { groupId: 'sfo-ramp', name: 'Ramp crew, San Francisco', sites: ['SFO'] },
  { groupId: 'duty-managers', name: 'Duty managers', sites: ['SEA', 'SFO'] },
] as const
const USERS = [
  { userId: SEATTLE_ONLY.userId, name: SEATTLE_ONLY.names[0], groups: ['sea-ramp'] },
  { userId: 'tom-okafor', name: 'Tom Okafor', groups: ['sea-ramp'] },
  { userId: 'lucia-brandt', name: 'Lucía Brandt', groups: ['sfo-ramp'] },
  { userId: 'wen-halloran', name: 'Wen Halloran', groups: ['sfo-ramp', 'duty-managers'] },
  { userId: 'samir-duval', name: 'Samir Duval', groups: ['duty-managers'] },
] as const
const AREAS = ['Gate', 'Ramp', 'Workshop'] as const

/** A company at two real airports, in an order in which what is referred to comes first. */
export function* fleetCommands(airports: readonly Airport[]): Generator<FleetCommand> {
  yield command('company.register', { companyId: COMPANY, name: 'Cascade Ground Services' })
  for (const { groupId, name } of GROUPS) yield command('group.register', { groupId, companyId: COMPANY, name })
  for (const { userId, name, groups } of USERS) {
    yield command('user.register', { userId, companyId: COMPANY, name, email: `${userId}@cascade.example` })
    for (const groupId of groups) yield command('user.link-group', { userId, groupId })
  }
  for (const { deviceId, mac, site } of SAMPLE_DEVICES) {
    const airport = airports.find(({ iata }) => iata === site)
    if (airport === undefined) throw new Error(`the sample has no airport ${site}`)
    const { name, city, state, latitude, longitude } = airport
    const place = { address: `${city}, ${state}`, latitude: String(latitude), longitude: String(longitude) }
    yield command('location.register', { locationId: site, companyId: COMPANY, name, ...place })
    for (const area of AREAS)
      yield command('area.register', { areaId: `${site}-${area.toLowerCase()}`, locationId: site, name: area })
    for (const { groupId, sites } of GROUPS)
      if (sites.some((of) => of === site)) yield command('location.link-group', { locationId: site, groupId })
    yield command('device.register', { deviceId, mac, locationId: site, model: 'Jetson Orin Nano' })
  }
}

function command<T extends CommandType>(type: T, data: CommandInput<T>): FleetCommand {
  return { type, commandId: derivedCommandId('pharos sample fleet', type, JSON.stringify(data)), data }
}

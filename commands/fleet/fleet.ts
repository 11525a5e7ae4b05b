import { fleet as rules, type FleetState } from '../../domain/fleet/fleet.ts'
import type { FleetCommand } from '../../schemas/commands/fleet.ts'
import { fleetCommandData as data } from '../../schemas/commands/fleet.ts'
import { eraseAgainData, type UserErasure } from '../../schemas/commands/user.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import type { FleetEvent } from '../../schemas/events/fleet.ts'
import { readFleetEvent } from '../../schemas/events/read-fleet-event.ts'
import type { AggregateDefinition } from '../command-handler.ts'
import {
  areaSubject,
  companySubject,
  deviceSubject,
  groupSubject,
  locationSubject,
  macSubject,
  userSubject,
} from './fleet-subjects.ts'

const permission = () => ({ action: 'write', on: 'fleet' }) as const
const administer = () => ({ action: 'administer', on: 'fleet' }) as const
const company = { permission, aggregates: (of: { companyId: string }) => [companySubject(of.companyId)] }
const location = { permission, aggregates: (of: { locationId: string }) => [locationSubject(of.locationId)] }
const group = { permission, aggregates: (of: { groupId: string }) => [groupSubject(of.groupId)] }
const user = { permission, aggregates: (of: { userId: string }) => [userSubject(of.userId)] }
const area = { permission, aggregates: (of: { areaId: string }) => [areaSubject(of.areaId)] }
const device = { permission, aggregates: (of: { deviceId: string }) => [deviceSubject(of.deviceId)] }
const ofCompany = { references: (of: { companyId: string }) => [companySubject(of.companyId)] }
const ofGroup = { references: (of: { groupId: string }) => [groupSubject(of.groupId)] }
const ofLocation = { references: (of: { locationId: string }) => [locationSubject(of.locationId)] }

/** Everything in the fleet: one aggregate each, `evt.<kind>.<id>`, and one for each MAC address, `evt.mac.<address>`. */
export const fleet: AggregateDefinition<FleetState, FleetCommand | UserErasure, FleetEvent> = {
  decider: rules,
  commands: {
    'company.register': { data: data['company.register'], ...company },
    'company.change': { data: data['company.change'], ...company },
    'company.remove': { data: data['company.remove'], ...company, removes: true },
    'location.register': { data: data['location.register'], ...location, ...ofCompany },
    'location.change': { data: data['location.change'], ...location },
    'location.remove': { data: data['location.remove'], ...location, removes: true },
    'location.link-group': { data: data['location.link-group'], ...location, ...ofGroup },
    'location.unlink-group': { data: data['location.unlink-group'], ...location },
    'group.register': { data: data['group.register'], ...group, ...ofCompany },
    'group.change': { data: data['group.change'], ...group },
    'group.remove': { data: data['group.remove'], ...group },
    'user.register': { data: data['user.register'], ...user, ...ofCompany },
    'user.change': {
      data: data['user.change'],
      ...user,
      references: ({ companyId }) => (companyId === undefined ? [] : [companySubject(companyId)]),
    },
    'user.link-group': { data: data['user.link-group'], ...user, ...ofGroup },
    'user.unlink-group': { data: data['user.unlink-group'], ...user },
    'user.remove': { data: data['user.remove'], ...user },
    'user.erase': { data: data['user.erase'], ...user, permission: administer },
    'user.erase-again': { data: eraseAgainData, ...user, permission: administer, internal: true },
    'area.register': { data: data['area.register'], ...area, ...ofLocation },
    'area.change': { data: data['area.change'], ...area },
    'area.remove': { data: data['area.remove'], ...area },
    'device.register': {
      data: data['device.register'],
      permission,
      aggregates: ({ deviceId, mac }) => [deviceSubject(deviceId), macSubject(mac)],
      references: ({ locationId }) => (locationId === null ? [] : [locationSubject(locationId)]),
    },
    'device.change': { data: data['device.change'], ...device },
    'device.replace-mac': {
      data: data['device.replace-mac'],
      permission,
      aggregates: ({ deviceId, previousMac, mac }) => [
        ...new Set([deviceSubject(deviceId), macSubject(previousMac), macSubject(mac)]),
      ],
    },
    'device.assign': { data: data['device.assign'], ...device, ...ofLocation },
    'device.move': { data: data['device.move'], ...device, ...ofLocation },
    'device.unassign': { data: data['device.unassign'], ...device },
    'device.decommission': {
      data: data['device.decommission'],
      ...device,
      related: (_, state) => ('mac' in state ? [macSubject(state.mac)] : []),
    },
  },
  readEvent: readFleetEvent,
  versionOf: currentVersion,
}

import test from 'ava'
import fc from 'fast-check'
import { type FleetRelations, visibleRows } from '../../domain/fleet/visible-rows.ts'
import { fleetContent } from '../support/fleet-content.ts'
import { fleetCommands as commands, FleetLog } from '../support/fleet-log.ts'

function fleetOf(sent: readonly Parameters<FleetLog['send']>[0][]): ReturnType<typeof fleetContent> {
  const log = new FleetLog()
  for (const command of sent) log.send(command)
  return fleetContent(log)
}

test('no device ever sees a row of another company, or of another location, or another device', (t) => {
  let seen = 0
  fc.assert(
    fc.property(commands, (sent) => {
      const fleet = fleetOf(sent)
      for (const { deviceId, locationId } of fleet.devices) {
        const visible = visibleRows(fleet, deviceId)
        const company = visible.companies[0]?.companyId
        const belongs = [...visible.companies, ...visible.locations, ...visible.groups, ...visible.users]
        t.true(belongs.every((row) => row.companyId === company))
        t.true([...visible.locations, ...visible.areas, ...visible.locationGroups].every(at(locationId)))
        t.true(visible.devices.every((row) => row.deviceId === deviceId))
        seen += visible.users.length
      }
    }),
    { numRuns: 150 },
  )
  t.true(seen > 50, `users were seen ${seen} times`)
})

function at(locationId: string | null) {
  return (row: { readonly locationId: string }) => row.locationId === locationId
}

test('what is visible is whole: every link leads to a row that is visible too', (t) => {
  fc.assert(
    fc.property(commands, (sent) => {
      const fleet = fleetOf(sent)
      for (const { deviceId } of fleet.devices) {
        const visible = visibleRows(fleet, deviceId)
        const ids = (rows: readonly object[], key: string): string[] =>
          [...new Set(rows.map((row) => String(Reflect.get(row, key))))].toSorted()
        t.deepEqual(ids(visible.groups, 'groupId'), ids(visible.locationGroups, 'groupId'))
        t.deepEqual(ids(visible.users, 'userId'), ids(visible.groupUsers, 'userId'))
        const groups = new Set<string>(ids(visible.groups, 'groupId'))
        t.true(visible.groupUsers.every(({ groupId }) => groups.has(groupId)))
        t.is(visible.companies.length, visible.locations.length)
      }
    }),
    { numRuns: 150 },
  )
})

test('a device sees its location, and the users of the groups there', (t) => {
  const fleet: FleetRelations = {
    companies: [{ companyId: 'acme' }, { companyId: 'bolt' }],
    locations: [
      { locationId: 'l1', companyId: 'acme' },
      { locationId: 'l2', companyId: 'acme' },
    ],
    groups: ['g1', 'g2', 'g3'].map((groupId) => ({ groupId, companyId: 'acme' })),
    users: ['u1', 'u2', 'u3', 'u4'].map((userId) => ({ userId, companyId: 'acme' })),
    areas: [
      { areaId: 'a1', locationId: 'l1' },
      { areaId: 'a2', locationId: 'l2' },
    ],
    devices: [
      { deviceId: 'd1', locationId: 'l1' },
      { deviceId: 'd2', locationId: 'l1' },
      { deviceId: 'd3', locationId: null },
    ],
    locationGroups: [
      { locationId: 'l1', groupId: 'g1' },
      { locationId: 'l1', groupId: 'g2' },
      { locationId: 'l2', groupId: 'g3' },
    ],
    groupUsers: [
      { groupId: 'g1', userId: 'u1' },
      { groupId: 'g2', userId: 'u1' },
      { groupId: 'g2', userId: 'u2' },
      { groupId: 'g3', userId: 'u3' },
    ],
  }
  t.deepEqual(visibleRows(fleet, 'd1'), {
    companies: [{ companyId: 'acme' }],
    locations: [{ locationId: 'l1', companyId: 'acme' }],
    groups: [
      { groupId: 'g1', companyId: 'acme' },
      { groupId: 'g2', companyId: 'acme' },
    ],
    users: [
      { userId: 'u1', companyId: 'acme' },
      { userId: 'u2', companyId: 'acme' },
    ],
    areas: [{ areaId: 'a1', locationId: 'l1' }],
    devices: [{ deviceId: 'd1', locationId: 'l1' }],
    locationGroups: fleet.locationGroups.slice(0, 2),
    groupUsers: fleet.groupUsers.slice(0, 3),
  })
  const nothing = Object.fromEntries(Object.keys(fleet).map((table) => [table, []]))
  t.deepEqual({ ...visibleRows(fleet, 'd3') }, nothing)
  t.deepEqual({ ...visibleRows(fleet, 'unknown') }, nothing)
})

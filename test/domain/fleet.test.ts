import test from 'ava'
import { fleet } from '../../domain/fleet/fleet.ts'
import { MAX_GROUPS } from '../../domain/fleet/group-link.ts'
import { type FleetCommand, fleetCommandData } from '../../schemas/commands/fleet.ts'
import type { FleetEvent } from '../../schemas/events/fleet.ts'
import { macAddress } from '../../schemas/mac-address.ts'
import { scenario } from './scenario.ts'

const { given } = scenario(fleet, '01J00000000000000000000000')

const command = (type: FleetCommand['type'], data: object): FleetCommand =>
  ({ type, data: fleetCommandData[type].parse(data) }) as FleetCommand
const event = (type: FleetEvent['type'], data: object): FleetEvent => ({ type, data }) as FleetEvent

const company = event('company.registered', { companyId: 'acme', name: 'Acme' })
const companyGone = event('company.removed', { companyId: 'acme' })
const place = { address: null, timeZone: null, latitude: null, longitude: null }
const location = event('location.registered', { locationId: 'l1', companyId: 'acme', name: 'Pier', ...place })
const locationGone = event('location.removed', { locationId: 'l1' })
const group = event('group.registered', { groupId: 'g1', companyId: 'acme', name: 'Night', description: null })
const foreign = event('group.registered', { groupId: 'g1', companyId: 'bolt', name: 'Night', description: null })
const groupGone = event('group.removed', { groupId: 'g1' })
const user = event('user.registered', { userId: 'u1', companyId: 'acme', name: 'Ann', email: null, phone: null })
const area = event('area.registered', { areaId: 'a1', locationId: 'l1', name: 'Dock', description: null })
const mac = '48:b0:2d:e9:c3:b7'
const spare = '48:b0:2d:e9:c3:b8'
const facts = { mac, name: null, model: null }
const device = event('device.registered', { deviceId: 'd1', ...facts, locationId: null })
const placed = event('device.registered', { deviceId: 'd1', ...facts, locationId: 'l1' })
const decommissioned = event('device.decommissioned', { deviceId: 'd1', mac, previousLocationId: null })
const claimed = event('mac.claimed', { mac, deviceId: 'd1' })

test('what belongs to a company needs one that is there', (t) => {
  const registrations: [FleetCommand, FleetEvent][] = [
    [command('location.register', location.data), location],
    [command('group.register', group.data), group],
    [command('user.register', user.data), user],
  ]
  for (const [register, registered] of registrations) {
    given([], [company]).when(register).then(t, registered)
    given([], []).when(register).thenRefused(t, 'company_not_found')
    given([], [company, companyGone]).when(register).thenRefused(t, 'company_not_found')
  }
})

test('an id is used once', (t) => {
  const register = command('company.register', { companyId: 'acme', name: 'Acme' })
  given([]).when(register).then(t, company)
  given([company]).when(register).thenRefused(t, 'company_exists')
  given([company, companyGone]).when(register).thenRefused(t, 'company_id_used')
  given([location, locationGone], [company])
    .when(command('location.register', location.data))
    .thenRefused(t, 'location_id_used')
  given([placed, decommissioned], []).when(command('device.register', device.data)).thenRefused(t, 'device_id_used')
})

test('a change says only what is another now; nothing new is no event', (t) => {
  const change = (data: object): FleetCommand => command('location.change', { locationId: 'l1', ...data })
  given([location])
    .when(change({ name: 'Pier', latitude: 47.5, address: null }))
    .then(t, event('location.changed', { locationId: 'l1', latitude: '47.5' }))
  given([location])
    .when(change({ name: 'Pier' }))
    .then(t)
  given([])
    .when(change({ name: 'Pier' }))
    .thenRefused(t, 'location_not_found')
  given([company])
    .when(command('company.change', { companyId: 'acme', name: 'Acme' }))
    .then(t)
  given([group])
    .when(command('group.change', { groupId: 'g1', description: 'late' }))
    .then(t, event('group.changed', { groupId: 'g1', description: 'late' }))
  given([area])
    .when(command('area.change', { areaId: 'a1', name: 'Dock' }))
    .then(t)
})

test('what others refer to stays, and says what they are', (t) => {
  const remove = command('location.remove', { locationId: 'l1' })
  given([location])
    .when(remove, { referrers: ['devices', 'areas'] })
    .thenRefused(t, 'location_in_use')
  given([location]).when(remove, { referrers: [] }).then(t, locationGone)
  given([location, locationGone]).when(remove).then(t)
  given([company])
    .when(command('company.remove', { companyId: 'acme' }), { referrers: ['users'] })
    .thenRefused(t, 'company_in_use')
  const refused = fleet.decide(
    remove,
    [fleet.evolve(fleet.initialState, location, { sequence: 1, time: '', actor: '' })],
    {
      at: 0,
      actor: 'ann',
      actsForOthers: false,
      newId: '',
      revisions: [1],
      referrers: ['devices', 'areas'],
    },
  )
  t.like(refused, { message: 'the location "l1" still has devices and areas', violations: [{ field: 'locationId' }] })
})

test('a link needs both of one company, and is made once', (t) => {
  for (const kind of ['location', 'user'] as const) {
    const [owner, id] =
      kind === 'location' ? ([location, { locationId: 'l1' }] as const) : ([user, { userId: 'u1' }] as const)
    const link = command(`${kind}.link-group`, { ...id, groupId: 'g1' })
    const linked = event(`${kind}.group-linked`, { ...id, groupId: 'g1' })
    const unlink = command(`${kind}.unlink-group`, { ...id, groupId: 'g1' })
    const unlinked = event(`${kind}.group-unlinked`, { ...id, groupId: 'g1' })
    given([owner], [group]).when(link).then(t, linked)
    given([owner, linked], [group]).when(link).then(t)
    given([owner], [foreign]).when(link).thenRefused(t, 'other_company')
    given([owner], [group, groupGone]).when(link).thenRefused(t, 'group_not_found')
    given([owner], []).when(link).thenRefused(t, 'group_not_found')
    given([], [group]).when(link).thenRefused(t, `${kind}_not_found`)
    given([owner, linked]).when(unlink).then(t, unlinked)
    given([owner, linked, unlinked]).when(unlink).then(t)
    given([owner, linked, unlinked], [group]).when(link).then(t, linked)
    const many = Array.from({ length: MAX_GROUPS }, (_, i) => event(linked.type, { ...id, groupId: `other${i}` }))
    given([owner, ...many], [group])
      .when(link)
      .thenRefused(t, 'too_many_groups')
  }
})

test('a user in groups stays in their company', (t) => {
  const change = command('user.change', { userId: 'u1', companyId: 'bolt' })
  const bolt = event('company.registered', { companyId: 'bolt', name: 'Bolt' })
  const linked = event('user.group-linked', { userId: 'u1', groupId: 'g1' })
  given([user], [bolt])
    .when(change)
    .then(t, event('user.changed', { userId: 'u1', companyId: 'bolt' }))
  given([user], []).when(change).thenRefused(t, 'company_not_found')
  given([user, linked], [bolt]).when(change).thenRefused(t, 'user_in_groups')
  given([user, linked, event('user.group-unlinked', { userId: 'u1', groupId: 'g1' })], [bolt])
    .when(change)
    .then(t, event('user.changed', { userId: 'u1', companyId: 'bolt' }))
})

test('an area is of a location', (t) => {
  given([], [location]).when(command('area.register', area.data)).then(t, area)
  given([], [location, locationGone]).when(command('area.register', area.data)).thenRefused(t, 'location_not_found')
  given([area])
    .when(command('area.remove', { areaId: 'a1' }))
    .then(t, event('area.removed', { areaId: 'a1' }))
})

test('a device is registered with its address, and no other has that', (t) => {
  const register = command('device.register', { deviceId: 'd1', mac: '48-B0-2D-E9-C3-B7' })
  given([], []).when(register).then(t, device, claimed)
  given([], [event('mac.claimed', { mac, deviceId: 'd2' })])
    .when(register)
    .thenRefused(t, 'mac_taken')
  given([], [claimed, event('mac.released', { mac, deviceId: 'd1' })])
    .when(command('device.register', { deviceId: 'd9', mac }))
    .then(
      t,
      event('device.registered', { ...device.data, deviceId: 'd9' }),
      event('mac.claimed', { mac, deviceId: 'd9' }),
    )
  const at = command('device.register', { deviceId: 'd1', mac, locationId: 'l1' })
  given([], [], [location]).when(at).then(t, placed, claimed)
  given([], [], []).when(at).thenRefused(t, 'location_not_found')
})

test('a device is assigned once, then moved', (t) => {
  const assign = command('device.assign', { deviceId: 'd1', locationId: 'l1' })
  const move = command('device.move', { deviceId: 'd1', locationId: 'l2' })
  const other = event('location.registered', { ...location.data, locationId: 'l2' })
  given([device], [location]).when(assign).then(t, event('device.assigned', assign.data))
  given([placed], [location]).when(assign).then(t)
  given([placed], [other]).when(command('device.assign', move.data)).thenRefused(t, 'device_assigned')
  given([placed], [other])
    .when(move)
    .then(t, event('device.moved', { ...move.data, previousLocationId: 'l1' }))
  given([device], [other]).when(move).thenRefused(t, 'device_not_assigned')
  given([placed], []).when(move).thenRefused(t, 'location_not_found')
  given([placed])
    .when(command('device.unassign', { deviceId: 'd1' }))
    .then(t, event('device.unassigned', { deviceId: 'd1', previousLocationId: 'l1' }))
  given([device])
    .when(command('device.unassign', { deviceId: 'd1' }))
    .then(t)
})

test('a new board is the same device under another address', (t) => {
  const replace = command('device.replace-mac', { deviceId: 'd1', previousMac: mac, mac: spare })
  given([device], [claimed], [])
    .when(replace)
    .then(
      t,
      event('device.mac-replaced', replace.data),
      event('mac.released', { mac, deviceId: 'd1' }),
      event('mac.claimed', { mac: spare, deviceId: 'd1' }),
    )
  given([device], [claimed], [event('mac.claimed', { mac: spare, deviceId: 'd2' })])
    .when(replace)
    .thenRefused(t, 'mac_taken')
  given([device, event('device.mac-replaced', { ...replace.data })], [], [])
    .when(replace)
    .then(t)
  given([device], [], [])
    .when(command('device.replace-mac', { deviceId: 'd1', previousMac: spare, mac: '48:b0:2d:e9:c3:b9' }))
    .thenRefused(t, 'other_mac')
})

test('a decommissioned device frees its address and does nothing any more', (t) => {
  const decommission = command('device.decommission', { deviceId: 'd1' })
  given([placed], [claimed])
    .when(decommission)
    .then(
      t,
      event('device.decommissioned', { deviceId: 'd1', mac, previousLocationId: 'l1' }),
      event('mac.released', { mac, deviceId: 'd1' }),
    )
  given([placed, decommissioned], []).when(decommission).then(t)
  given([placed, decommissioned], [location])
    .when(command('device.assign', { deviceId: 'd1', locationId: 'l1' }))
    .thenRefused(t, 'device_not_found')
})

test('an address is one however it is written', (t) => {
  for (const text of [
    '48:b0:2d:e9:c3:b7',
    '48-B0-2D-E9-C3-B7',
    '48b0.2de9.c3b7',
    '48B02DE9C3B7',
    ' 48:B0:2d:e9:c3:b7 ',
  ])
    t.is(macAddress.parse(text), mac)
  for (const text of [
    '48:b0:2d:e9:c3',
    '48:b0-2d:e9-c3:b7',
    '48:b0:2d:e9:c3:bg',
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '01:00:5e:00:00:01',
    '',
  ])
    t.false(macAddress.safeParse(text).success, text)
})

test('what a command of the fleet must be', (t) => {
  const of = (type: FleetCommand['type'], data: object): string[] | undefined =>
    fleetCommandData[type].safeParse(data).error?.issues.map(({ path }) => path.join('.'))
  const here = { locationId: 'l1', companyId: 'acme', name: 'Pier' }
  t.is(of('location.register', here), undefined)
  t.deepEqual(of('location.register', { ...here, latitude: 91 }), ['latitude'])
  t.deepEqual(of('location.register', { ...here, longitude: '1e2' }), ['longitude'])
  t.deepEqual(of('location.register', { ...here, timeZone: 'Mars/Olympus' }), ['timeZone'])
  t.deepEqual(of('location.register', { ...here, locationId: 'l.1' }), ['locationId'])
  t.deepEqual(of('location.change', { locationId: 'l1' }), [''])
  t.deepEqual(of('device.register', { deviceId: '*', mac }), ['deviceId'])
  t.deepEqual(of('group.register', { groupId: 'g1', companyId: 'acme', name: 'a\u0000' }), ['name'])
  t.is(fleetCommandData['location.register'].parse({ ...here, latitude: '47.60' }).latitude, '47.60')
})

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Client } from 'pg'
import { visibleRows } from '../../domain/fleet/visible-rows.ts'
import { fleet } from '../../projections/fleet/fleet.ts'
import { nameMatchesSql } from '../../projections/fleet/name-words.ts'
import { ReadModel } from '../../projections/queries/read-model.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import { FLEET_PATHS } from '../../schemas/http/fleet.ts'
import { FLEET_KINDS } from '../../schemas/queries/fleet.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import { applyBatch, ProjectionWorld } from '../projections/projection-world.ts'
import { fleetContent } from '../support/fleet-content.ts'
import { fleetCommands, FleetLog } from '../support/fleet-log.ts'
import { SseReader } from './sse-reader.ts'
import { serve } from './http-server.ts'

/** The REST gateway over tables that hold this fleet. */
async function over(t: ExecutionContext) {
  const world = await ProjectionWorld.create(t)
  const client: Client = await world.session(fleet)
  const model = new ReadModel(world.pool, new CheckpointWatch(world.pool))
  const gateway = await serve(t, {
    requestsPerMinute: 100_000,
    queries: {
      getFleetThing: (query, signal) => model.getFleetThing(query, signal),
      listFleetThings: (query, signal) => model.listFleetThings(query, signal),
      deviceSight: (query, signal) => model.deviceSight(query, signal),
    },
  })
  const show = async (log: FleetLog): Promise<void> => {
    await client.query(
      `truncate companies, locations, groups, users, areas, devices, location_groups, group_users, dirty_scopes, parked`,
    )
    await client.query('update checkpoint set position = 0')
    await applyBatch(client, log.events, fleet)
  }
  const list = async (kind: keyof typeof FLEET_PATHS, query: string): Promise<{ ids: string[]; items: object[] }> => {
    const items: object[] = []
    for (let cursor = ''; ;) {
      const answer = await gateway.admin('GET', `/api/fleet/${FLEET_PATHS[kind]}?${query}${cursor}`)
      t.is(answer.statusCode, 200, answer.body)
      const page = answer.json<{ items: object[]; nextCursor: string | null }>()
      items.push(...page.items)
      if (page.nextCursor === null) return { items, ids: items.map((item) => Reflect.get(item, `${kind}Id`)) }
      cursor = `&cursor=${page.nextCursor}`
    }
  }
  return { ...gateway, world, show, list }
}

test('what a device sees in the lists is what the rules call visible', async (t) => {
  const { show, list, admin } = await over(t)
  let users = 0
  await fc.assert(
    fc.asyncProperty(fleetCommands, async (commands) => {
      const log = new FleetLog()
      for (const command of commands) log.send(command)
      await show(log)
      const content = fleetContent(log)
      for (const { deviceId } of content.devices) {
        const visible = visibleRows(content, deviceId)
        for (const kind of FLEET_KINDS) {
          const rows: readonly object[] = visible[FLEET_PATHS[kind]]
          const expected = rows.map((row) => String(Reflect.get(row, `${kind}Id`))).toSorted()
          t.deepEqual((await list(kind, `seenBy=${deviceId}&limit=2`)).ids, expected, `${kind} of ${deviceId}`)
        }
        const sight = (await admin('GET', `/api/fleet/devices/${deviceId}/sees`)).json()
        const { groups, areas, locationGroups, groupUsers } = visible
        t.deepEqual(sight.counts, {
          groups: groups.length,
          users: visible.users.length,
          areas: areas.length,
          locationGroups: locationGroups.length,
          groupUsers: groupUsers.length,
        })
        users += visible.users.length
      }
    }),
    { numRuns: 8 },
  )
  t.true(users > 0)
})

const register = (type: string, data: object) => ({ type, data }) as Parameters<FleetLog['send']>[0]

function aFleet(): FleetLog {
  const log = new FleetLog()
  const place = { address: null, timeZone: 'America/Los_Angeles', latitude: '47.60', longitude: null }
  for (const companyId of ['acme', 'bolt']) log.send(register('company.register', { companyId, name: companyId }))
  log.send(register('location.register', { locationId: 'l1', companyId: 'acme', name: 'Pier', ...place }))
  log.send(register('location.register', { locationId: 'l2', companyId: 'bolt', name: 'Dock', ...place }))
  log.send(register('group.register', { groupId: 'g1', companyId: 'acme', name: 'Night', description: null }))
  for (const userId of ['u1', 'u2', 'u3'])
    log.send(register('user.register', { userId, companyId: 'acme', name: userId, email: null, phone: null }))
  for (const userId of ['u1', 'u3']) log.send(register('user.link-group', { userId, groupId: 'g1' }))
  log.send(register('location.link-group', { locationId: 'l1', groupId: 'g1' }))
  log.send(register('area.register', { areaId: 'a1', locationId: 'l1', name: 'Gate', description: null }))
  const device = { name: null, model: 'Orin NX' }
  log.send(register('device.register', { deviceId: 'd1', mac: '48:b0:2d:e9:c3:b1', locationId: 'l1', ...device }))
  log.send(register('device.register', { deviceId: 'd2', mac: '48:b0:2d:e9:c3:b2', locationId: null, ...device }))
  log.send(register('device.register', { deviceId: 'd3', mac: '48:b0:2d:e9:c3:b3', locationId: 'l2', ...device }))
  log.send(register('device.decommission', { deviceId: 'd3' }))
  return log
}

test('lists have their filters, and things are shown one by one', async (t) => {
  const { show, list, admin } = await over(t)
  await show(aFleet())
  const ids = async (...asked: Parameters<typeof list>): Promise<string[]> => (await list(...asked)).ids
  t.deepEqual(await ids('company', ''), ['acme', 'bolt'])
  t.deepEqual(await ids('location', 'companyId=bolt'), ['l2'])
  t.deepEqual(await ids('location', 'groupId=g1'), ['l1'])
  t.deepEqual(await ids('group', 'userId=u1'), ['g1'])
  t.deepEqual(await ids('group', 'locationId=l2'), [])
  t.deepEqual(await ids('user', 'companyId=acme&limit=1'), ['u1', 'u2', 'u3'])
  t.deepEqual(await ids('user', 'groupId=g1'), ['u1', 'u3'])
  t.deepEqual(await ids('user', 'locationId=l1&companyId=acme'), ['u1', 'u3'])
  t.deepEqual(await ids('area', 'locationId=l1'), ['a1'])
  t.deepEqual(await ids('device', ''), ['d1', 'd2'])
  t.deepEqual(await ids('device', 'companyId=acme'), ['d1'])
  t.deepEqual(await ids('device', 'mac=48-B0-2D-E9-C3-B2'), ['d2'])
  t.deepEqual(await ids('device', 'status=decommissioned'), ['d3'])

  const shown = await admin('GET', '/api/fleet/locations/l1')
  t.like(shown.json(), { locationId: 'l1', companyId: 'acme', timeZone: 'America/Los_Angeles', latitude: '47.60' })
  t.is(shown.headers['etag'], `"${shown.json().revision}"`)
  t.regex(shown.json().createdAt, /^2026-03-01T12:00:00\.\d{3}Z$/)
  t.like((await admin('GET', '/api/fleet/devices/d3')).json(), { status: 'decommissioned', locationId: null })
  const sight = (await admin('GET', '/api/fleet/devices/d2/sees')).json()
  t.like(sight, { location: null, company: null, counts: { users: 0 } })
})

test('things are found by the beginnings of words in their names, however these are written', async (t) => {
  const { show, list, world } = await over(t)
  const log = aFleet()
  const names = {
    ann: "Ann O'Brien-Smith",
    bo: 'BO SMITHSON',
    cy: 'Zoë van der Berg',
    di: 'Zoe\u0308 & Söhne: \\ "gate"_4',
    em: '日本 太郎',
  }
  for (const [userId, name] of Object.entries(names))
    log.send(register('user.register', { userId, companyId: 'acme', name, email: null, phone: null }))
  log.send(register('user.link-group', { userId: 'bo', groupId: 'g1' }))
  log.send(register('device.change', { deviceId: 'd1', name: 'Gate-4.north' }))
  await show(log)
  const found = async (kind: Parameters<typeof list>[0], search: string, more = ''): Promise<string[]> =>
    (await list(kind, `search=${encodeURIComponent(search)}${more}`)).ids
  t.deepEqual(await found('user', 'smith'), ['ann', 'bo'])
  t.deepEqual(await found('user', 'smith', '&limit=1'), ['ann', 'bo'], 'page by page')
  t.deepEqual(await found('user', 'smith', '&groupId=g1'), ['bo'])
  t.deepEqual(await found('user', 'Smith br'), ['ann'])
  t.deepEqual(await found('user', "o'bri"), ['ann'])
  t.deepEqual(await found('user', 'mith'), [], 'words begin so')
  t.deepEqual(await found('user', 'zoë'), ['cy', 'di'])
  t.deepEqual(await found('user', '4 GATE'), ['di'])
  t.deepEqual(await found('user', '日'), ['em'])
  t.deepEqual(await found('device', 'north gate'), ['d1'])
  t.deepEqual(await found('location', 'pi'), ['l1'])
  t.deepEqual(await found('company', 'acme'), ['acme'])
  t.deepEqual(await found('group', 'night'), ['g1'])
  t.deepEqual(await found('area', 'ga'), ['a1'])
  for (const odd of ["x'; drop table users", "ann' | 'bo", 'ann:* | bo', '!ann', "\\'ann", 'ann <-> bo'])
    t.deepEqual(await found('user', odd), odd.includes('ann') && !odd.includes('bo') ? ['ann'] : [], odd)

  const client = await world.pool.connect()
  t.teardown(() => client.release())
  await client.query('begin; set local enable_seqscan = off; set local enable_indexscan = off')
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    `explain select user_id from pharos.users where ${nameMatchesSql('name', '$1::text')}`,
    ['smith'],
  )
  t.regex(rows.map((row) => row['QUERY PLAN']).join(' '), /idx_users_name/)
  const { rows: kept } = await client.query(`select from pg_stats where tablename like 'idx%name'`)
  t.is(kept.length, 0)
  await client.query('rollback')
})

test('what is not there or not asked well is said so, and who may not read is told', async (t) => {
  const { show, admin, as } = await over(t)
  await show(aFleet())
  const missing = await admin('GET', '/api/fleet/users/nobody')
  t.is(missing.statusCode, 404)
  t.is(missing.json().code, 'user_not_found')
  t.is((await admin('GET', '/api/fleet/devices/nothing/sees')).statusCode, 404)
  for (const bad of [
    'companies?colour=red',
    'users?limit=0',
    'users?cursor=x',
    'devices?mac=zz',
    'users/a.b',
    'users?groupId=*',
    'users?search=',
    'users?search=%26%20-',
    `users?search=${'x'.repeat(201)}`,
  ])
    t.is((await admin('GET', `/api/fleet/${bad}`)).statusCode, 400, bad)
  for (const role of ['viewer', 'operator', 'service'] as const)
    t.is((await (await as([role]))('GET', '/api/fleet/users')).statusCode, 200, role)
  t.is((await (await as(['device']))('GET', '/api/fleet/users')).statusCode, 403)
  const confined = await as(['operator'], 'bob', [{ kind: 'site', site: 'SEA' }])
  t.is((await confined('GET', '/api/fleet/users')).statusCode, 403)
})

test('events of the fleet come as they happen, without what is known of people', async (t) => {
  const { app, admin, as, token, feed } = await serve(t)
  t.teardown(() => feed.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const open = async (query: string, ...who: Parameters<typeof token>) =>
    SseReader.open(`${url}/api/events${query}`, { authorization: `Bearer ${await token(...who)}` })
  const [all, some] = [await open('', ['viewer']), await open('?type=user.registered', ['viewer'])]
  const send = async (type: string, data: object, send = admin): Promise<number> =>
    (await send('POST', `/api/commands/${type}`, { commandId: newUlid(), data })).statusCode
  t.is(await send('company.register', { companyId: 'acme', name: 'Acme' }), 200)
  t.is(await send('user.register', { userId: 'u1', companyId: 'acme', name: 'Ann', email: 'ann@example.com' }), 200)
  t.is(await send('company.change', { companyId: 'acme', name: 'B' }, await as(['viewer'])), 403)
  const [company, user] = await all.until(2)
  t.like(company, { type: 'company.registered', data: { data: { companyId: 'acme', name: 'Acme' } } })
  t.deepEqual(user?.data['data'], { userId: 'u1', companyId: 'acme' })
  t.is((await some.until(1))[0]?.type, 'user.registered')
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createCommandBus } from '../../commands/command-bus.ts'
import { fleet as definition } from '../../commands/fleet/fleet.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { csvDirectory } from '../../gateways/cli/commands/fleet/csv-directory.ts'
import { readMapping } from '../../gateways/cli/commands/fleet/import-mapping.ts'
import { postgresFleet } from '../../gateways/cli/commands/fleet/postgres-fleet.ts'
import type { ImportProblem } from '../../gateways/fleet-import/check-fleet.ts'
import { type FleetSource, UnreadableSource } from '../../gateways/fleet-import/fleet-source.ts'
import { importFleet, type ImportOptions } from '../../gateways/fleet-import/import-fleet.ts'
import { IMPORT_TABLES } from '../../gateways/fleet-import/import-tables.ts'
import { fleet } from '../../projections/fleet/fleet.ts'
import { ReadModel } from '../../projections/queries/read-model.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { ActorId } from '../../schemas/ids.ts'
import type { FleetKind } from '../../schemas/queries/fleet.ts'
import { EPOCH } from '../projections/alias-events.ts'
import { ProjectionWorld } from '../projections/projection-world.ts'
import { testDatabase } from '../support/infrastructure.ts'

const ann: Actor = { id: 'ann' as ActorId, roles: ['admin'] }

/** A platform that takes commands and answers queries, and what importing into it needs. */
async function platform(t: ExecutionContext) {
  const world = await ProjectionWorld.create(t)
  const store = new InMemoryEventStore(EPOCH)
  world.run(store, { projector: fleet })
  const watch = new CheckpointWatch(world.pool)
  const model = new ReadModel(world.pool, watch)
  const policy = { allows: () => true, actsForOthers: () => true }
  const ports = { store, policy, epoch: EPOCH, now: Date.now, newId: () => ulid(), source: '/test' }
  const bus = createCommandBus([commandHandler(definition, ports)])
  const settled = async (): Promise<void> => {
    const position = await store.head()
    await watch.waitForPosition('fleet', position, { timeoutMs: 60_000 })
  }
  const client = {
    send: async (type: string, data: object, { dryRun = false } = {}) =>
      bus.dispatch({ type, body: { commandId: ulid(), data, dryRun }, actor: ann }),
    async query(type: string, data: object) {
      await settled()
      const [kind = ''] = type.split('.')
      const id = String(Object.values(data)[0])
      const value = await model.getFleetThing({ kind: kind as FleetKind, id }, AbortSignal.timeout(60_000))
      return { status: 'ok', position: '', value }
    },
  } as unknown as ImportOptions['client']
  const run = async (source: FleetSource, options: Partial<ImportOptions> = {}) => {
    const problems: ImportProblem[] = []
    const onProblem = (problem: ImportProblem): void => void problems.push(problem)
    const rest = { dryRun: false, onBadRow: 'stop', onProgress: () => undefined } as const
    const signal = new AbortController().signal
    const report = await importFleet(source, { client, onProblem, signal, ...rest, ...options })
    await settled()
    return { ...report, problems }
  }
  const rows = async (query: string): Promise<unknown[]> => (await world.pool.query(query)).rows
  return { world, store, run, rows }
}

/** Tables as texts. */
function texts(of: Readonly<Record<string, string>>): FleetSource {
  return {
    tables: IMPORT_TABLES.filter(({ name }) => name in of),
    async *read({ name }) {
      yield Buffer.from(of[name] ?? '')
    },
  }
}

const FLEET = {
  companies: 'company_id,name\nacme,Acme\nbolt,"Bolt, Inc."\n',
  locations:
    'location_id,company_id,name,address,time_zone,latitude,longitude\nl1,acme,Pier,1 Pier,America/Los_Angeles,47.60,-122.33\nl2,bolt,Dock,,,,\n',
  groups: 'group_id,company_id,name\ng1,acme,Night\ng2,bolt,Day\n',
  users:
    'user_id,company_id,name,email,phone\nu1,acme,Ann,ann@example.com,\nu2,acme,Bob,,+1 206 555 0100\nu3,bolt,Cem,,\n',
  areas: 'area_id,location_id,name\na1,l1,Gate\n',
  devices: 'device_id,mac,location_id,name,model\nd1,48:b0:2d:e9:c3:b1,l1,Gate cam,Orin\nd2,48-B0-2D-E9-C3-B2,,,\n',
  location_groups: 'location_id,group_id\nl1,g1\nl2,g2\n',
  group_users: 'group_id,user_id\ng1,u1\ng1,u2\ng2,u3\n',
}

const added = (counts: Record<string, { added: number }>) =>
  Object.fromEntries(Object.entries(counts).map(([table, count]) => [table, count.added]))
const TWO = {
  companies: 2,
  locations: 2,
  groups: 2,
  users: 3,
  areas: 1,
  devices: 2,
  location_groups: 2,
  group_users: 3,
}

test('a fleet comes in whole; the same again changes nothing; a dry run said so before', async (t) => {
  const { store, run, rows } = await platform(t)
  const dry = await run(texts(FLEET), { dryRun: true })
  t.deepEqual(dry.problems, [])
  t.is((await store.head()).sequence, 0)
  const first = await run(texts(FLEET))
  t.deepEqual([first.status, first.problems, added(first.tables)], ['completed', [], TWO])
  t.deepEqual(dry.tables, first.tables)
  t.deepEqual(
    await rows(`select user_id, users.name, email, phone, location_id, locations.latitude::text
      from pharos.users join pharos.group_users using (user_id) join pharos.location_groups using (group_id)
      join pharos.locations using (location_id) order by user_id`),
    [
      { user_id: 'u1', name: 'Ann', email: 'ann@example.com', phone: null, location_id: 'l1', latitude: '47.60' },
      { user_id: 'u2', name: 'Bob', email: null, phone: '+1 206 555 0100', location_id: 'l1', latitude: '47.60' },
      { user_id: 'u3', name: 'Cem', email: null, phone: null, location_id: 'l2', latitude: null },
    ],
  )
  const { sequence } = await store.head()
  const again = await run(texts(FLEET))
  t.deepEqual(added(again.tables), Object.fromEntries(Object.keys(TWO).map((table) => [table, 0])))
  t.is((await store.head()).sequence, sequence)
})

test('what the source says otherwise is changed: names, places, addresses', async (t) => {
  const { run, rows } = await platform(t)
  await run(texts(FLEET))
  const source = texts({
    companies: 'company_id,name\nacme,Acme Corporation\n',
    users: 'user_id,company_id,name,email\nu1,acme,Ann,\nu4,acme,Dee,\n',
    devices: 'device_id,mac,location_id\nd1,48b02de9c3bf,l2\nd2,48:b0:2d:e9:c3:b2,l1\n',
  })
  const dry = await run(source, { dryRun: true })
  const { tables, problems } = await run(source)
  t.deepEqual(problems, [])
  t.deepEqual(dry.tables, tables)
  t.like(tables, { companies: { changed: 1 }, users: { changed: 1, added: 1 }, devices: { changed: 2 } })
  t.deepEqual(await rows(`select device_id, mac, location_id, name from pharos.devices order by device_id`), [
    { device_id: 'd1', mac: '48:b0:2d:e9:c3:bf', location_id: 'l2', name: 'Gate cam' },
    { device_id: 'd2', mac: '48:b0:2d:e9:c3:b2', location_id: 'l1', name: null },
  ])
  t.deepEqual(await rows(`select name, email, phone from pharos.users where user_id = 'u1'`), [
    { name: 'Ann', email: null, phone: null },
  ])
})

test('bad rows are told with their lines: nothing is imported then, or the others', async (t) => {
  const { store, run, rows } = await platform(t)
  const source = texts({
    companies: 'company_id,name\nacme,Acme\n*,Star\nacme,Twice\n',
    users: 'user_id,company_id,name,email\nu1,acme,Ann,nonsense\n"u2,acme\nu3,acme,Cem,\n',
    devices: 'device_id,mac\nd1,zz\n',
  })
  const stopped = await run(texts({ companies: 'company_id,name\nacme,Acme\n*,Star\nacme,Twice\n' }))
  t.is(stopped.status, 'refused')
  t.is((await store.head()).sequence, 0)
  t.deepEqual(
    stopped.problems.map(({ table, line, code }) => [table, line, code]),
    [
      ['companies', 3, 'invalid_row'],
      ['companies', 4, 'duplicate_row'],
    ],
  )
  t.regex(stopped.problems[0]?.message ?? '', /^company_id: must be 1 to 64 letters/)
  const skipped = await run(source, { onBadRow: 'skip' })
  t.is(skipped.status, 'completed')
  t.true(skipped.problems.some(({ table, message }) => table === 'users' && /is not CSV/.test(message)))
  t.deepEqual(await rows('select company_id from pharos.companies'), [{ company_id: 'acme' }])
})

test('what the rules do not allow is refused row by row, and the others come in', async (t) => {
  const { run } = await platform(t)
  await run(texts(FLEET))
  const { status, tables, problems } = await run(
    texts({
      locations: 'location_id,company_id,name\nl1,bolt,Pier\nl3,nowhere,Far\n',
      devices: 'device_id,mac\nd3,48:b0:2d:e9:c3:b1\n',
      location_groups: 'location_id,group_id\nl1,g2\n',
    }),
  )
  t.is(status, 'completed')
  t.deepEqual(problems.map(({ table, line, code }) => `${table} ${line} ${code}`).toSorted(), [
    'devices 2 mac_taken',
    'location_groups 2 other_company',
    'locations 2 fixed_field',
    'locations 3 company_not_found',
  ])
  t.is(tables['locations']?.refused, 2)
})

test('another Postgres is read as of one moment, under its own names', async (t) => {
  const { run, rows } = await platform(t)
  const theirs = await testDatabase(t)
  await theirs.pool.query(`
    create schema hr;
    create table companies (company_id integer primary key, name text not null);
    create table hr."People" (id uuid primary key, employer integer, "full name" text, mail text);
    create table devices (device_id text, mac macaddr, location_id text, installed timestamptz);
    insert into companies select n, 'Company ' || n from generate_series(1, 3) as n;
    insert into hr."People" select gen_random_uuid(), 1 + n % 3, 'Person, ' || n, null from generate_series(1, 500) as n;
    insert into devices values ('d1', '48:b0:2d:e9:c3:b1', null, now())`)
  const dir = await mkdtemp(join(tmpdir(), 'pharos-import-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'mapping.json')
  const people = { user_id: 'id', company_id: 'employer', name: 'full name', email: 'mail' }
  await writeFile(file, JSON.stringify({ users: { table: 'hr.People', columns: people } }))
  const mapping = await readMapping(file)
  /** A machine that has other things to do may let a connection wait too long. */
  const reached = async (names: Parameters<typeof postgresFleet>[1]): ReturnType<typeof postgresFleet> => {
    for (let tries = 1; ; tries++)
      try {
        return await postgresFleet(theirs.url, names)
      } catch (error) {
        if (tries === 10 || !(error instanceof UnreadableSource && /cannot be reached/.test(error.message))) throw error
      }
  }
  await using source = await reached(mapping)
  t.deepEqual(
    source.tables.map(({ name }) => name),
    ['companies', 'users', 'devices'],
  )
  const report = await run(source)
  t.deepEqual(report.problems, [])
  t.deepEqual(added(report.tables), { companies: 3, users: 500, devices: 1 })
  t.deepEqual(await rows('select count(*)::int as users, min(name) as first from pharos.users'), [
    { users: 500, first: 'Person, 1' },
  ])
  const unreadable = { instanceOf: UnreadableSource }
  await t.throwsAsync(() => reached({ users: { table: 'hr.nobody', columns: {} } }), {
    ...unreadable,
    message: /no table hr\.nobody/,
  })
  await t.throwsAsync(() => reached({ users: { table: 'hr.People', columns: {} } }), {
    ...unreadable,
    message: /no column user_id/,
  })
  for (const [text, message] of [
    ['{', /is no JSON/],
    ['{"persons": {}}', /persons/],
    ['{"users": {"columns": {"colour": "c"}}}', /users has no column colour/],
  ] as const) {
    await writeFile(file, text)
    await t.throwsAsync(() => readMapping(file), { message })
  }
})

test('a directory has the files that it has', async (t) => {
  const { run } = await platform(t)
  const dir = await mkdtemp(join(tmpdir(), 'pharos-import-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  await t.throwsAsync(() => csvDirectory(dir), { instanceOf: UnreadableSource, message: /has none of companies\.csv/ })
  await t.throwsAsync(() => csvDirectory(join(dir, 'none')), { instanceOf: UnreadableSource })
  for (const [name, text] of Object.entries(FLEET)) await writeFile(join(dir, `${name}.csv`), text)
  t.deepEqual(added((await run(await csvDirectory(dir))).tables), TWO)
  await writeFile(join(dir, 'users.csv'), 'user_id,name\nu9,Ann\n')
  await t.throwsAsync(async () => run(await csvDirectory(dir)), {
    instanceOf: UnreadableSource,
    message: 'users lacks company_id',
  })
})

test('who interrupts it is told how far it came, and it goes on when it is given again', async (t) => {
  const { run } = await platform(t)
  const controller = new AbortController()
  const lines = Array.from({ length: 2000 }, (_, n) => `c${n},Company ${n}`).join('\n')
  const source = texts({ companies: `company_id,name\n${lines}\n` })
  const onProgress = (_: string, done: number): void => {
    if (done === 500) controller.abort()
  }
  const cut = await run(source, { signal: controller.signal, onProgress, inFlight: 16 })
  t.is(cut.status, 'interrupted')
  const before = cut.tables['companies']?.added ?? 0
  t.true(before >= 500 && before < 2000)
  const rest = await run(source)
  t.deepEqual(rest.tables['companies'], { added: 2000 - before, changed: 0, unchanged: before, refused: 0 })
})

import test from 'ava'
import { Client } from 'pg'
import { eventually } from '../support/infrastructure.ts'
import { EdgeWorld } from './support/edge-world.ts'
import { fillFleet } from './support/fleet-source.ts'
import { watchReaders, wholeState } from './support/watch-readers.ts'

const USERS = 300
const MINUTE = 60_000

async function device(t: Parameters<typeof EdgeWorld.open>[0], set: Record<string, string> = {}) {
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', USERS)
  const running = await world.agent({ LOAD_TACTIC: 'shadow', ...set })
  await world.syncTo(running)
  return { world, running }
}

/** Which table object `pharos.users` is: another one after a swap, the same after a merge. */
async function usersOid({ edge }: EdgeWorld): Promise<string> {
  const { rows } = await edge.query<{ oid: string }>(`select 'pharos.users'::regclass::oid::text as oid`)
  return rows[0]?.oid ?? ''
}

test('grants, views, foreign keys and indexes of the device outlive a swap; nothing of the old tables is left', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, running } = await device(t)
  const { edge } = world
  const role = `reader_${world.central.deviceId}`
  await edge.query(`
    create role ${role};
    grant select on pharos.users to ${role} with grant option;
    grant select (name), update (name) on pharos.groups to ${role};
    grant select on pharos.companies to public;
    create schema local;
    create view local.names with (security_barrier) as select user_id, upper(name) as name from pharos.users;
    create view local.names_of_names as select * from local.names;
    grant select on local.names to ${role};
    create table local.badges (badge text primary key, user_id text references pharos.users (user_id) on update no action);
    insert into local.badges values ('b-1', 'u-loc-1-0000001'), ('b-2', 'u-loc-1-0000299');
    create unique index "by ""USING"" name" on pharos.users (lower(email)) where phone is null`)
  const before = await usersOid(world)
  await fillFleet(world.source, 'new', USERS)
  await world.source.query(
    `delete from source.group_users where user_id like '%299'; delete from source.users where user_id like '%299'`,
  )
  await world.syncTo(running)
  t.not(await usersOid(world), before)
  const { rows } = await edge.query(
    `select has_table_privilege($1, 'pharos.users', 'select with grant option') as users,
       has_column_privilege($1, 'pharos.groups', 'name', 'update') and not has_table_privilege($1, 'pharos.groups', 'select') as part,
       has_table_privilege($1, 'pharos.companies', 'select') as everybody, has_table_privilege($1, 'local.names', 'select') as view,
       (select count(*)::int from local.names_of_names where name = 'NEW') as seen,
       (select reloptions from pg_class where oid = 'local.names'::regclass) as options,
       (select indexdef like '%lower(email)%phone IS NULL%' from pg_indexes where schemaname = 'pharos' and indexname = 'by "USING" name') as index,
       (select confrelid = 'pharos.users'::regclass from pg_constraint where conrelid = 'local.badges'::regclass and contype = 'f') as key,
       (select count(*)::int from local.badges) as badges`,
    [role],
  )
  t.deepEqual(rows[0], {
    users: true,
    part: true,
    everybody: true,
    view: true,
    seen: USERS - 1,
    options: ['security_barrier=true'],
    index: true,
    key: true,
    badges: 2,
  })
  // A badge points at a user who is gone: it stays, it is told of, and what is written from now on is checked.
  t.regex(running.status.alarms.get('dangling_foreign_keys') ?? '', /local\.badges/)
  await t.throwsAsync(edge.query(`insert into local.badges values ('b-3', 'nobody')`), { message: /foreign key/ })
  await edge.query(`delete from local.badges where badge = 'b-2'`)
  await fillFleet(world.source, 'newer', USERS)
  await world.syncTo(running)
  t.false(running.status.alarms.has('dangling_foreign_keys'))
  const { rows: valid } = await edge.query(
    `select convalidated from pg_constraint where conrelid = 'local.badges'::regclass and contype = 'f'`,
  )
  t.deepEqual(valid, [{ convalidated: true }])
  const { rows: left } = await edge.query(`select nspname from pg_namespace where starts_with(nspname, 'pharos_old')`)
  t.deepEqual(left, [])
  await edge.query(`drop owned by ${role}; drop role ${role}`)
})

const obstacles: Record<string, string> = {
  'a trigger': `create function local.noop() returns trigger language plpgsql as 'begin return new; end';
    create trigger noop after insert on pharos.users for each row execute function local.noop()`,
  'a materialized view': 'create materialized view local.copy as select * from pharos.users',
  'a function of its rows': `create function local.of(pharos.users) returns text language sql as 'select $1.name'`,
  'a foreign key that acts':
    'create table local.seats (user_id text references pharos.users (user_id) on delete cascade)',
  'a column of its own': 'alter table pharos.users add column note text',
  'a check': `alter table pharos.users add check (name <> '')`,
  'row security':
    'alter table pharos.users enable row level security; create policy all_of_it on pharos.users using (true)',
}
test('what cannot be made again is not lost: the table is merged instead, the others are swapped', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, running } = await device(t)
  for (const [what, sql] of Object.entries(obstacles)) {
    await world.edge.query(`create schema local; ${sql}`)
    const before = await usersOid(world)
    await fillFleet(world.source, `edition with ${what}`, USERS)
    await world.syncTo(running)
    t.is(await usersOid(world), before, what)
    await world.edge.query('drop schema local cascade')
  }
})

test('a foreign key forbids a merge nothing: what it points at may go, and it is told of', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, running } = await device(t, { LOAD_TACTIC: 'diff' })
  await world.edge.query(`
    create schema local;
    create table local.badges (user_id text references pharos.users (user_id));
    create table local.seats (user_id text references pharos.users (user_id) on delete cascade);
    insert into local.badges values ('u-loc-1-0000299'); insert into local.seats values ('u-loc-1-0000299')`)
  await world.source.query(
    `delete from source.group_users where user_id like '%299'; delete from source.users where user_id like '%299'`,
  )
  await world.syncTo(running)
  t.regex(running.status.alarms.get('dangling_foreign_keys') ?? '', /local\.badges/)
  const { rows } = await world.edge.query(
    'select (select count(*)::int from local.badges) as badges, (select count(*)::int from local.seats) as seats',
  )
  t.deepEqual(rows, [{ badges: 1, seats: 0 }])
})

test('a REPEATABLE READ reader never finds an empty table, and never one table old and another new', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, running } = await device(t)
  const [untouched, reading] = [
    new Client({ connectionString: world.edgeUrl }),
    new Client({ connectionString: world.edgeUrl }),
  ]
  await Promise.all([untouched.connect(), reading.connect()])
  t.teardown(() => Promise.all([untouched.end(), reading.end()]))
  // One has its snapshot, and has read nothing of ours; the other has read one table.
  await untouched.query('begin isolation level repeatable read; select 1')
  await reading.query('begin isolation level repeatable read; select name from pharos.companies')
  await fillFleet(world.source, 'new', USERS)
  const manifest = await world.publish()
  const flight = running.agent.trigger('request')
  await eventually(() => running.status.running?.step === 'load: publish', { timeoutMs: MINUTE, intervalMs: 2 })
  const state = `select (select name from pharos.companies) as company, count(*)::int as users, min(name) as user from pharos.users`
  t.deepEqual((await reading.query(state)).rows, [{ company: 'old', users: USERS, user: 'old' }])
  await reading.query('commit')
  t.like(await flight, { status: 'success', manifestId: manifest.manifestId })
  t.deepEqual((await untouched.query(state)).rows, [{ company: 'new', users: USERS, user: 'new' }])
})

test('a report that does not let go of the tables delays the new data, but does not stop it: they are merged', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, running } = await device(t, { SWAP_PATIENCE: '1' })
  const report = new Client({ connectionString: world.edgeUrl })
  await report.connect()
  t.teardown(() => report.end())
  await report.query('begin isolation level repeatable read; select count(*) from pharos.users')
  const readers = watchReaders(world.edge)
  const before = await usersOid(world)
  await fillFleet(world.source, 'new', USERS)
  await world.syncTo(running)
  t.is(await usersOid(world), before)
  const { rows } = await report.query('select distinct name from pharos.users')
  t.deepEqual(rows, [{ name: 'old' }])
  await readers.stop()
  t.deepEqual([...readers.states].toSorted(), [wholeState('new', USERS), wholeState('old', USERS)])
})

test('what default privileges give is given to tables that come', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  const role = `reader_${world.central.deviceId}`
  await world.edge.query(
    `create role ${role}; grant usage on schema pharos to ${role}; alter default privileges in schema pharos grant select on tables to ${role}`,
  )
  await fillFleet(world.source, 'first', 10)
  await world.syncTo(await world.agent())
  const { rows } = await world.edge.query(`select has_table_privilege($1, 'pharos.users', 'select') as may`, [role])
  t.deepEqual(rows, [{ may: true }])
  await world.edge.query(`drop owned by ${role}; drop role ${role}`)
})

test('data that somebody changed on the device is put right with the next change, however small that is', async (t) => {
  t.timeout(5 * MINUTE)
  const { world, running } = await device(t, { LOAD_TACTIC: 'auto' })
  await world.edge.query(
    `update pharos.users set name = 'forged' where user_id like '%7'; delete from pharos.users where user_id like '%8'`,
  )
  await world.source.query(`update source.users set phone = '+1' where user_id like '%0000001'`)
  await t.notThrowsAsync(world.syncTo(running))
  // What is gone altogether is missed at once, without any change.
  await world.edge.query('drop table pharos.groups')
  t.like(await world.outcome(running), { status: 'success', manifestId: world.central.manifest?.manifestId })
  t.like(await world.outcome(running), { status: 'unchanged' })
  if (world.central.manifest !== undefined) await t.notThrowsAsync(world.becomes(running, world.central.manifest))
})

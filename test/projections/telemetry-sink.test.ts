import test from 'ava'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { OWNER_LOCK } from '../../projections/ownership.ts'
import { eventually } from '../support/infrastructure.ts'
import { CHANNEL, OTHER, TelemetryWorld } from './telemetry-world.ts'

const at = '2026-03-01T11:00:00Z'
const row = { channel_id: CHANNEL, ts: '2026-03-01 11:00:00.000000', hash: null, provider: null, device: 'gate-4' }

test('observations come into the table with their digits, once however often they are sent', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  await world.publish('{"value":45000.50,"observed_at":"2026-03-01T11:00:00Z","hash":"a","provider":"central"}')
  await world.publish([
    { value: '1.10', observed_at: '2026-02-28T23:59:59.999999Z', id: 'one' },
    { value: '1.1', observed_at: '2026-02-28T23:59:59.999999Z', id: 'two' },
  ])
  const sink = await world.sink()
  await world.settled()
  // Again and out of order: by hash, by id, and by what they say.
  await world.publish({ value: '7', observed_at: '2013-01-01T00:00:00Z' })
  await world.publish({ value: '45000.50', observed_at: at, hash: 'a' })
  await world.publish([
    { value: '1.1', observed_at: '2026-02-28T23:59:59.999999Z', id: 'two' },
    { value: '7', observed_at: '2013-01-01T00:00:00Z' },
    { value: '7', observed_at: '2013-01-01T00:00:00Z', provider: 'other' },
  ])
  await world.settled()
  t.deepEqual(await world.rows(), [
    { ...row, ts: '2013-01-01 00:00:00.000000', value: '7' },
    { ...row, ts: '2013-01-01 00:00:00.000000', value: '7', provider: 'other' },
    { ...row, ts: '2026-02-28 23:59:59.999999', value: '1.1' },
    { ...row, ts: '2026-02-28 23:59:59.999999', value: '1.10' },
    { ...row, value: '45000.50', hash: 'a', provider: 'central' },
  ])
  t.is(
    sink.batches.reduce((sum, { stored }) => sum + stored, 0),
    5,
  )
  t.is(
    sink.batches.reduce((sum, { duplicates }) => sum + duplicates, 0),
    3,
  )
  await sink.stop()
})

test('what is no observation is refused with its field and counted, and stops nothing', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  const unknown = '6f1c1c1e-0000-4000-8000-00000000ffff'
  await world.publish('{"value":NaN}')
  await world.publish({ value: 'Infinity', observed_at: at })
  await world.publish({ value: true, observed_at: at })
  await world.publish({ value: '1', observed_at: '2126-03-01T11:00:00Z' })
  await world.publish({ value: '1', observed_at: at }, 'gate-4', unknown)
  await world.publish({ value: '1', observed_at: at }, 'gate-4', 'not-a-uuid')
  await world.publish({ value: '1', observed_at: at }, 'gate-4', OTHER)
  await world.publish([{ value: '2', observed_at: at }, { value: '3' }])
  await world.sink()
  await world.settled()
  t.deepEqual(await world.rows(), [{ ...row, value: '2' }])
  t.deepEqual(await world.refused(), [
    'gate-4 bad_channel channel 1',
    'gate-4 bad_time [1].observed_at 1',
    'gate-4 bad_value value 2',
    'gate-4 future observed_at 1',
    'gate-4 not_json body 1',
    'gate-4 unknown_channel channel 1',
    'gate-4 wrong_device channel 1',
  ])
  world.channels.set(CHANNEL, { device: null, retired: true })
  await world.publish({ value: '4', observed_at: at })
  await world.settled()
  t.is((await world.rows()).length, 1)
  t.true((await world.refused()).includes('gate-4 retired_channel channel 1'))
})

test('what the stream discards before it is read is counted as lost, and the rest is read', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  const first = await world.sink()
  await world.publish({ value: '1', observed_at: at })
  await world.settled()
  await first.stop()
  for (let value = 2; value <= 9; value++) await world.publish({ value: String(value), observed_at: at })
  await world.manager.streams.purge('TELEMETRY', { seq: 5 })
  await world.manager.streams.deleteMessage('TELEMETRY', 7)
  const second = await world.sink()
  await world.settled()
  t.deepEqual(
    (await world.rows()).map(({ value }) => value),
    ['1', '5', '6', '8', '9'],
  )
  const { rows } = await world.pool.query(
    'select from_position::int as from, to_position::int as to from pharos.telemetry_lost order by 1',
  )
  t.deepEqual(rows, [
    { from: 2, to: 4 },
    { from: 7, to: 7 },
  ])
  t.is(
    second.batches.reduce((sum, { lost }) => sum + lost, 0),
    4,
  )
  await second.stop()
  // All of it.
  await world.publish({ value: '10', observed_at: at })
  await world.manager.streams.purge('TELEMETRY')
  const third = await world.sink()
  await world.settled()
  t.is(
    third.batches.reduce((sum, { lost }) => sum + lost, 0),
    1,
  )
})

test('a stream that was made anew is read from its beginning, and rows stay', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  const sink = await world.sink()
  for (const value of ['1', '2', '3']) await world.publish({ value, observed_at: at })
  await world.settled()
  await world.manager.streams.delete('TELEMETRY')
  await world.applyTopology()
  await world.publish({ value: '3', observed_at: at })
  await world.publish({ value: '4', observed_at: at })
  await eventually(async () => (await world.rows()).length === 4, { timeoutMs: 60_000 })
  await world.settled()
  t.is(
    sink.batches.reduce((sum, { lost }) => sum + lost, 0),
    0,
  )
  t.deepEqual(
    (await world.rows()).map(({ value }) => value),
    ['1', '2', '3', '4'],
  )
})

test('months that are too old go, as a whole; what is older is refused', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  const keeping = await world.sink()
  for (const month of ['2025-11', '2025-12', '2026-01', '2026-02'])
    await world.publish({ value: '1', observed_at: `${month}-15T00:00:00Z` })
  await world.settled()
  await keeping.stop()
  const dropped: string[] = []
  const now = () => Date.parse('2026-03-01T00:00:00Z')
  await world.sink({ keepMs: 59 * 86_400_000, now, onDropped: (names) => void dropped.push(...names) })
  await world.publish({ value: '1', observed_at: '2025-12-15T00:00:00Z' })
  await world.settled()
  await eventually(() => dropped.length === 2)
  t.deepEqual(dropped, ['observations_2025_11', 'observations_2025_12'])
  t.is((await world.rows()).length, 2)
  t.deepEqual(await world.refused(), ['gate-4 too_old observed_at 1'])
})

test('one sink stores, the others stand by; an owner that froze while it was sending rows is ended', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  const installed = await world.sink()
  await world.publish({ value: '1', observed_at: at })
  await world.settled()
  await installed.stop()

  // As a process that was stopped in the middle of a COPY looks to Postgres.
  const frozen = new pg.Client(world.url)
  const ended = new Promise<void>((resolve) => frozen.on('error', () => resolve()))
  await frozen.connect()
  await frozen.query('select pg_advisory_lock($1, hashtext($2))', [OWNER_LOCK, 'telemetry'])
  await frozen.query('create temp table half (value text)')
  frozen.query(copyFrom('copy half from stdin')).on('error', () => undefined)
  const standby = await world.sink({ timing: { idle: 20, standby: 30, retry: 20, retryMost: 100, lease: 500 } })
  await eventually(() => standby.reports.some(({ state }) => state === 'standby'))
  await world.publish({ value: '2', observed_at: at })
  await ended
  await world.settled()
  t.is((await world.rows()).length, 2)
})

test('where there is TimescaleDB, observations are a hypertable and old chunks are dropped', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  // Its two functions as a stand-in, which say how they were called: the extension itself is in no package here.
  await world.pool.query(`
    create schema timescale;
    create table timescale.calls (id serial, call text);
    create function timescale.create_hypertable(t regclass, c name, chunk_time_interval interval) returns void
      language sql as $$ insert into timescale.calls (call) values ('create ' || split_part(t::text, '.', 1) || ' ' || c || ' ' || chunk_time_interval) $$;
    create function timescale.drop_chunks(t regclass, older_than timestamptz) returns setof text
      language sql as $$ select 'chunk_before_' || to_char(older_than at time zone 'UTC', 'YYYY_MM_DD') $$`)
  const dropped: string[] = []
  const now = () => Date.parse('2026-03-01T00:00:00Z')
  await world.sink({ keepMs: 28 * 86_400_000, now, onDropped: (names) => void dropped.push(...names) })
  await world.publish({ value: '1', observed_at: '2026-02-15T00:00:00Z' })
  await world.settled()
  t.is((await world.rows()).length, 1)
  const { rows } = await world.pool.query('select call from timescale.calls')
  t.deepEqual(rows, [{ call: 'create observations ts 1 mon' }])
  await eventually(() => dropped.length > 0)
  t.deepEqual(dropped, ['chunk_before_2026_02_01'])
})

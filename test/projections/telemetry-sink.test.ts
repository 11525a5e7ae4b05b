import test from 'ava'
import { eventually, testDatabase } from '../support/infrastructure.ts'
import { telemetryQueriesContract, worldWithHistory } from './telemetry-queries.contract.ts'
import { telemetrySinkContract } from './telemetry-sink.contract.ts'
import { TelemetryWorld } from './telemetry-world.ts'

const plain = { database: testDatabase, piece: /^observations_2025_1[01]$/ }

telemetrySinkContract(test, plain)
telemetryQueriesContract(test, plain)

test('a schema that was restored into a new database is shown, not made anew', async (t) => {
  t.timeout(300_000)
  const { world, sink } = await worldWithHistory(t, plain)
  await sink.stop()
  const before = await world.rows()
  // As the database looks into which `pg_restore` has brought that schema alone.
  await world.pool.query(`
    drop view pharos.telemetry, pharos.telemetry_refused, pharos.telemetry_lost;
    delete from pharos_system.projections where projector = 'telemetry'`)
  await world.sink()
  await world.publish({ value: '1', observed_at: '2026-05-01T00:00:00Z' })
  await world.settled()
  t.is((await world.rows()).length, before.length + 1)
})

test('a table that nobody cuts by time is told of, and takes nothing', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  const sink = await world.sink()
  await world.settled()
  await sink.stop()
  // As a dump of a hypertable's schema leaves it, whose chunks are in another.
  await world.pool.query(`
    alter table pharos_telemetry_v1.observations rename to partitioned;
    create table pharos_telemetry_v1.observations (like pharos_telemetry_v1.partitioned including all)`)
  await world.publish({ value: '1', observed_at: '2026-03-01T11:00:00Z' })
  const { reports } = await world.sink()
  await eventually(() =>
    reports.some(({ error }) => error instanceof Error && /neither partitioned/.test(error.message)),
  )
  const { rows } = await world.pool.query('select from pharos_telemetry_v1.observations')
  t.deepEqual(rows, [])
})

test('where there is TimescaleDB, observations are a hypertable and old chunks are dropped', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t)
  // What is asked of it as a stand-in, which says how it was called; the extension itself: telemetry-timescale.test.ts.
  await world.pool.query(`
    create schema timescaledb_information;
    create view timescaledb_information.hypertables as
      select 'pharos_telemetry_v1' as hypertable_schema, 'observations' as hypertable_name;
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

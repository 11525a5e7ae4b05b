import { readFile } from 'node:fs/promises'
import test from 'ava'
import { getObservation } from '../../projections/queries/get-observation.ts'
import { observationSeries } from '../../projections/queries/observation-series.ts'
import { AGGREGATES } from '../../schemas/queries/observation.ts'
import { eventually, testDatabase } from '../support/infrastructure.ts'
import {
  createTimescale,
  databaseBesideTimescale,
  onTimescale,
  timescaleDatabase,
} from '../support/timescale-database.ts'
import { RANGES, telemetryQueriesContract, worldWithHistory } from './telemetry-queries.contract.ts'
import { telemetrySinkContract } from './telemetry-sink.contract.ts'
import { CHANNEL, TelemetryWorld } from './telemetry-world.ts'

const timescale = { database: timescaleDatabase, piece: /^_timescaledb_internal\._hyper_\d+_\d+_chunk$/ }
const declare = onTimescale(test)

telemetrySinkContract(declare, timescale)
telemetryQueriesContract(declare, timescale)

declare('observations are in chunks of 30 days', async (t) => {
  t.timeout(300_000)
  const { world } = await worldWithHistory(t, timescale)
  t.deepEqual(await chunkLength(world), [{ length: '30 days' }])
  const { rows } = await world.pool.query(`select from show_chunks('pharos_telemetry_v1.observations')`)
  t.true(rows.length >= 3)
})

declare('every answer is the one that partitions give', async (t) => {
  t.timeout(300_000)
  const [onChunks, onPartitions] = await Promise.all([
    worldWithHistory(t, timescale),
    worldWithHistory(t, { ...timescale, database: testDatabase }),
  ])
  for (const range of RANGES)
    for (const aggregate of AGGREGATES)
      t.deepEqual(
        await observationSeries(onChunks.read, { ...range, aggregate }),
        await observationSeries(onPartitions.read, { ...range, aggregate }),
      )
  t.deepEqual(await onChunks.world.rows(), await onPartitions.world.rows())
})

declare('where the extension comes later, partitions stay, until they are converted as it is written', async (t) => {
  t.timeout(300_000)
  const { world, sink, read } = await worldWithHistory(t, { ...timescale, database: databaseBesideTimescale })
  await sink.stop()
  const before = await world.rows()
  await createTimescale(world)

  const onPartitions = await world.sink()
  await world.publish({ value: '1', observed_at: '2026-05-01T00:00:00Z' })
  await world.settled()
  await onPartitions.stop()
  t.deepEqual(await chunkLength(world), [])
  t.is((await world.rows()).length, before.length + 1)

  await world.pool.query('grant select on pharos.telemetry to public')
  const newest = await getObservation(read, { channelId: CHANNEL })
  await world.pool.query(await conversion())
  t.deepEqual(await chunkLength(world), [{ length: '30 days' }])
  t.deepEqual(await getObservation(read, { channelId: CHANNEL }), newest)
  t.is((await world.rows()).length, before.length + 1)

  const now = () => Date.parse('2026-05-02T00:00:00Z')
  const dropped: string[] = []
  const onChunks = await world.sink({ keepMs: 45 * 86_400_000, now, onDropped: (names) => void dropped.push(...names) })
  // Once more, and one that is new: arrivals are counted on.
  await world.publish([
    { value: '1', observed_at: '2026-05-01T00:00:00Z' },
    { value: '2', observed_at: '2026-05-01T00:00:01Z' },
  ])
  await world.settled()
  t.is(onChunks.batches.at(-1)?.duplicates, 1)
  t.true(((await getObservation(read, { channelId: CHANNEL }))?.id ?? 0) > (newest?.id ?? 0))
  await eventually(() => dropped.length > 0)
  for (const name of dropped) t.regex(name, timescale.piece)
  const { rows } = await world.pool.query(
    `select from pg_indexes where tablename = 'observations' and indexdef ilike '% using brin %'`,
  )
  t.is(rows.length, 1)
})

declare('what comes late for a chunk that was compressed is stored once', async (t) => {
  t.timeout(300_000)
  const world = await TelemetryWorld.create(t, timescaleDatabase(t))
  const { rows: licences } = await world.pool.query<{ licence: string }>(
    `select current_setting('timescaledb.license') as licence`,
  )
  const sink = await world.sink()
  const observation = { value: '1.50', observed_at: '2026-01-15T00:00:00Z', id: 'one' }
  await world.publish(observation)
  await world.settled()
  const compress = world.pool.query(`
    alter table pharos_telemetry_v1.observations set (timescaledb.compress, timescaledb.compress_segmentby = 'channel_id');
    select compress_chunk(chunk) from show_chunks('pharos_telemetry_v1.observations') as chunk`)
  // The Apache edition compresses nothing.
  if (licences[0]?.licence === 'apache') await t.throwsAsync(compress)
  else await compress
  await world.publish([observation, { ...observation, value: '2.50', id: 'two' }])
  await world.settled()
  t.deepEqual(
    (await world.rows()).map(({ value }) => value),
    ['1.50', '2.50'],
  )
  t.is(sink.reports.filter(({ state }) => state === 'away').length, 0)
})

async function chunkLength({ pool }: TelemetryWorld) {
  const { rows } = await pool.query<{ length: string }>(
    `select time_interval::text as length from timescaledb_information.dimensions where hypertable_name = 'observations'`,
  )
  return rows
}

/** The statements that docs/operations.md gives for it. */
async function conversion(): Promise<string> {
  const text = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const found = /```sql\n(begin;[^`]*observations_by_month[^`]*)```/.exec(text)?.[1]
  if (found === undefined) throw new Error('docs/operations.md says nothing of it')
  return found
}

import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { projectorStatus } from '../../projections/lag.ts'
import { OWNER_LOCK } from '../../projections/ownership.ts'
import { Partitions } from '../../projections/telemetry/partitions.ts'
import type { Declare } from '../support/declare.ts'
import { eventually, type TestDatabase } from '../support/infrastructure.ts'
import { EPOCH } from './alias-events.ts'
import { CHANNEL, OTHER, TelemetryWorld } from './telemetry-world.ts'

const at = '2026-03-01T11:00:00Z'
const row = { channel_id: CHANNEL, ts: '2026-03-01 11:00:00.000000', hash: null, provider: null, device: 'gate-4' }

/** A way in which Postgres cuts observations by time. */
export interface ObservationStorage {
  /** A new database that cuts them so. */
  readonly database: (t: { readonly title: string }) => Promise<TestDatabase>
  /** What the pieces are called that it drops as a whole. */
  readonly piece: RegExp
}

/** What the sink does, however observations are cut by time. */
export function telemetrySinkContract(test: Declare, storage: ObservationStorage): void {
  test('observations come into the table with their digits, once however often they are sent', async (t) => {
    t.timeout(300_000)
    const world = await TelemetryWorld.create(t, storage.database(t))
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
    const world = await TelemetryWorld.create(t, storage.database(t))
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
    const world = await TelemetryWorld.create(t, storage.database(t))
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
    const world = await TelemetryWorld.create(t, storage.database(t))
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

  test('one sink stores, the others stand by; an owner that froze while it was sending rows is ended', async (t) => {
    t.timeout(300_000)
    const world = await TelemetryWorld.create(t, storage.database(t))
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

  test('what is too old goes, in whole pieces of time; what is older is refused', async (t) => {
    t.timeout(300_000)
    const world = await TelemetryWorld.create(t, storage.database(t))
    const keeping = await world.sink()
    for (const month of ['2025-10', '2025-11', '2026-01', '2026-02'])
      await world.publish({ value: '1', observed_at: `${month}-15T00:00:00Z` })
    await world.settled()
    await keeping.stop()
    const dropped: string[] = []
    const now = () => Date.parse('2026-03-01T00:00:00Z')
    await world.sink({ keepMs: 59 * 86_400_000, now, onDropped: (names) => void dropped.push(...names) })
    await world.publish({ value: '1', observed_at: '2025-12-15T00:00:00Z' })
    await world.settled()
    await eventually(() => dropped.length === 2)
    for (const name of dropped) t.regex(name, storage.piece)
    t.deepEqual(
      (await world.rows()).map(({ ts }) => ts),
      ['2026-01-15 00:00:00.000000', '2026-02-15 00:00:00.000000'],
    )
    t.deepEqual(await world.refused(), ['gate-4 too_old observed_at 1'])
  })

  test('what a reader holds is not dropped, and no other reader waits for that; it goes when it is free', async (t) => {
    t.timeout(300_000)
    const world = await TelemetryWorld.create(t, storage.database(t))
    const sink = await world.sink()
    for (const month of ['2025-10', '2026-02'])
      await world.publish({ value: '1', observed_at: `${month}-15T00:00:00Z` })
    await world.settled()
    await sink.stop()
    const [reader, owner] = [await world.pool.connect(), await world.pool.connect()]
    try {
      await reader.query('begin')
      await reader.query('select count(*) from pharos.telemetry')
      await owner.query('set search_path = pharos_telemetry_v1')
      const partitions = await Partitions.open(owner)
      const before = Date.parse('2026-01-01T00:00:00Z')
      // 55P03: the lock was not to be had in time.
      const dropping = t.throwsAsync(partitions.dropBefore(before), { code: '55P03' })
      await eventually(async () => {
        const { rows } = await world.pool.query(
          'select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())',
        )
        return rows.length > 0
      })
      t.is((await world.rows()).length, 2)
      await dropping
      await reader.query('commit')
      t.is((await partitions.dropBefore(before)).length, 1)
      t.is((await world.rows()).length, 1)
    } finally {
      reader.release()
      owner.release(true)
    }
  })

  test('its status counts the rows of all pieces', async (t) => {
    t.timeout(300_000)
    const world = await TelemetryWorld.create(t, storage.database(t))
    const sink = await world.sink()
    for (const month of ['2025-10', '2025-12', '2026-02'])
      await world.publish({ value: '1', observed_at: `${month}-15T00:00:00Z` })
    await world.settled()
    // A session tells its counts when it ends, if not before.
    await sink.stop()
    const counted = async () => {
      const [status] = await projectorStatus(world.pool, async () => ({ epoch: EPOCH, sequence: 0 }))
      return status?.rows['observations']
    }
    t.true(await eventually(async () => (await counted()) === 3))
  })
}

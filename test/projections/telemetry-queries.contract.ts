import { getObservation } from '../../projections/queries/get-observation.ts'
import { listObservations } from '../../projections/queries/list-observations.ts'
import { observationSeries } from '../../projections/queries/observation-series.ts'
import { type Read, readFrom } from '../../projections/queries/read.ts'
import { AGGREGATES, type Aggregate, bucketSeconds, type SeriesOf } from '../../schemas/queries/observation.ts'
import { decimal, FROM, publishHistory, type Remembered, someHistory, TO } from './observation-history.ts'
import type { Declare } from '../support/declare.ts'
import type { ObservationStorage } from './telemetry-sink.contract.ts'
import { CHANNEL, OTHER, TelemetryWorld } from './telemetry-world.ts'

const never = new AbortController().signal
const HISTORY = someHistory(20_260_301, 900)
const OTHERS = someHistory(20_260_302, 300)
const newestFirst = HISTORY.toSorted((a, b) => b.atMs - a.atMs)

/** Both ends lie within a piece of time and within a bucket, and there are several pieces between. */
export const RANGES: readonly Pick<SeriesOf, 'channelId' | 'from' | 'to' | 'bucket'>[] = [
  { from: FROM, to: TO, bucket: '1w' },
  { from: FROM + 1_234_567, to: TO - 7_654_321, bucket: '6h' },
  { from: Date.parse('2026-02-27T13:07:00Z'), to: Date.parse('2026-03-02T01:00:00Z'), bucket: '1h' },
  { from: TO, to: TO + 86_400_000, bucket: '1h' },
].map(({ from, to, bucket }) => {
  return { channelId: CHANNEL, from: new Date(from).toISOString(), to: new Date(to).toISOString(), bucket }
})

/** A world that has the history, as the sink has stored it. */
export async function worldWithHistory(t: { readonly title: string }, storage: ObservationStorage) {
  const world = await TelemetryWorld.create(t, storage.database(t))
  await publishHistory(
    world,
    new Map([
      [CHANNEL, HISTORY],
      [OTHER, OTHERS],
    ]),
  )
  const sink = await world.sink()
  await world.settled()
  return { world, sink, read: readFrom(world.pool, never) }
}

/** What is answered of observations, however they are cut by time: what was sent, reckoned here anew. */
export function telemetryQueriesContract(test: Declare, storage: ObservationStorage): void {
  test('points, pages and downsampled series are those of what was sent', async (t) => {
    t.timeout(300_000)
    const { world, sink, read } = await worldWithHistory(t, storage)
    t.is((await world.rows()).length, HISTORY.length + OTHERS.length)
    t.true(sink.batches.reduce((sum, { duplicates }) => sum + duplicates, 0) >= 160)

    const asked = [newestFirst[0]?.atMs ?? 0, FROM + 1, Date.parse('2026-03-01T00:00:00Z'), FROM]
    t.is((await getObservation(read, { channelId: CHANNEL }))?.value, valueOf(newestFirst[0]))
    for (const ms of asked) {
      const before = new Date(ms).toISOString()
      const found = await getObservation(read, { channelId: CHANNEL, before })
      t.is(found?.value, valueOf(newestFirst.find(({ atMs }) => atMs < ms)), before)
    }
    const values = newestFirst.map(({ hundredths }) => decimal(hundredths))
    t.deepEqual(await everyPage(read, 'newest'), values)
    t.deepEqual(await everyPage(read, 'oldest'), values.toReversed())
    const arrived = await everyPage(read, 'arrival')
    t.deepEqual(sorted(arrived), sorted(values))

    for (const range of RANGES)
      for (const aggregate of AGGREGATES) {
        const series = await observationSeries(read, { ...range, aggregate })
        t.deepEqual(
          series?.points.map(({ at, value, count }) => [at, aggregate === 'avg' ? '' : value, count]),
          reckoned(range, aggregate),
          `${aggregate} ${range.bucket}`,
        )
      }
  })
}

const sorted = (values: readonly string[]) => values.toSorted((a, b) => a.localeCompare(b))

async function everyPage(read: Read, order: 'oldest' | 'newest' | 'arrival'): Promise<readonly string[]> {
  const values: string[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await listObservations(read, { channelId: CHANNEL, order, limit: 170, cursor })
    values.push(...(page?.observations.map(({ value }) => value) ?? []))
    if (page?.observations.length !== 170) return values
    cursor = page.nextCursor ?? undefined
  }
}

function valueOf(one: Remembered | undefined): string | undefined {
  return one && decimal(one.hundredths)
}

/** The series, without averages: how many digits these have is Postgres' own choice. */
function reckoned(
  range: (typeof RANGES)[number],
  aggregate: Aggregate,
): readonly (readonly [string, string, number])[] {
  const [from, to, length] = [Date.parse(range.from), Date.parse(range.to), bucketSeconds(range.bucket) * 1000]
  const within = newestFirst.filter(({ atMs }) => atMs >= from && atMs < to).toReversed()
  const buckets = Map.groupBy(within, ({ atMs }) => Math.floor(atMs / length) * length)
  return [...buckets].map(([at, some]) => {
    const value = aggregate === 'count' ? String(some.length) : decimalOf(some, aggregate)
    return [new Date(at).toISOString(), value, some.length]
  })
}

function decimalOf(some: readonly Remembered[], aggregate: Exclude<Aggregate, 'count'>): string {
  const all = some.map(({ hundredths }) => hundredths)
  const sorted = all.toSorted((a, b) => (a < b ? -1 : 1))
  const found = {
    avg: undefined,
    min: sorted[0],
    max: sorted.at(-1),
    sum: all.reduce((sum, one) => sum + one, 0n),
    first: all[0],
    last: all.at(-1),
  }[aggregate]
  return found === undefined ? '' : decimal(found)
}

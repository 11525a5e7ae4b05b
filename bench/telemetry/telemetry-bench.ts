import { Client, Pool } from 'pg'
import { installProjector } from '../../projections/install.ts'
import { readFrom } from '../../projections/queries/read.ts'
import { observationSeries } from '../../projections/queries/observation-series.ts'
import { Partitions, monthOf } from '../../projections/telemetry/partitions.ts'
import { telemetry } from '../../projections/telemetry/telemetry.ts'
import { channels } from '../../projections/tables/channels.ts'
import { channelId } from '../../schemas/ids.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { percentile } from '../measure/percentile.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'

const FIRST = Date.UTC(2025, 0, 1)
const DAY_MS = 86_400_000
/** One observation a minute. */
const PER_DAY = 1440

/**
 * `telemetry.query_p95`: one day of one channel, in buckets of 15 minutes, out of BENCH_ROWS in a year of partitions; each
 * day and channel asked for is another one. The ceiling is the plainest question there is to Postgres, over the same pool.
 */
export const telemetryBench: Bench = {
  summary: 'a day of a channel out of BENCH_ROWS partitioned observations, downsampled (20M unless told)',
  minutes: 30,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure({ databaseUrl }: Servers, { report, note, signal }: BenchContext): Promise<void> {
  const rows = wholeNumber('BENCH_ROWS', 20_000_000)
  const asked = wholeNumber('BENCH_QUERIES', 500)
  const many = Math.ceil(rows / (365 * PER_DAY))
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    note(`writing ${many * 365 * PER_DAY} observations of ${many} channels`)
    await fill(client, many, signal, note)
  } finally {
    await client.end()
  }
  const pool = new Pool({ connectionString: databaseUrl, max: 4 })
  const read = readFrom(pool, signal)
  const times: number[] = []
  const plain: number[] = []
  for (let n = 0; n < asked; n++) {
    const from = FIRST + ((n * 131) % 364) * DAY_MS
    const query = {
      channelId: channelNumber((n * 17) % many),
      from: new Date(from).toISOString(),
      to: new Date(from + DAY_MS).toISOString(),
      bucket: '15m',
      aggregate: 'avg' as const,
    }
    let started = performance.now()
    const series = await observationSeries(read, query)
    times.push(performance.now() - started)
    if (series?.points.length !== 96) throw new Error(`${series?.points.length} buckets, not 96`)
    started = performance.now()
    await pool.query('select 1')
    plain.push(performance.now() - started)
  }
  await pool.end()
  note(`median ${percentile(times, 0.5).toFixed(1)} ms, fastest ${Math.min(...times).toFixed(1)} ms`)
  report({
    figure: 'telemetry.query_p95',
    value: percentile(times, 0.95),
    unit: 'ms',
    ceiling: percentile(plain, 0.95),
  })
}

async function fill(client: Client, many: number, signal: AbortSignal, note: (text: string) => void): Promise<void> {
  await installProjector(client, channels)
  for (let n = 0; n < many; n++)
    await client.query(
      `insert into channels (id, uuid, name, author, created_at, updated_at, revision) values ($1, $2, $3, 'bench', now(), now(), $1)`,
      [n + 1, channelNumber(n), `channel ${n}`],
    )
  await installProjector(client, telemetry)
  const partitions = await Partitions.open(client)
  for (let day = 0; day < 365; day++) {
    signal.throwIfAborted()
    await partitions.ensure(new Set([monthOf(FIRST + day * DAY_MS)]))
    // As the sink leaves them: in order of arrival, so a channel's rows lie among all others'.
    await client.query(
      `insert into observations (channel_id, ts, value, hash, provider, device, key)
       select ('00000000-0000-4000-8000-' || lpad(to_hex(channel), 12, '0'))::uuid, $1::timestamptz + minute * interval '1 minute',
         round((20 + 5 * sin(minute / 200.0))::numeric, 3), md5(minute::text), 'bench', 'device', 'h' || md5(minute::text)
       from generate_series(0, ${PER_DAY - 1}) as minute, generate_series(0, $2::int - 1) as channel
       order by minute`,
      [new Date(FIRST + day * DAY_MS).toISOString(), many],
    )
    if (day % 73 === 72) note(`day ${day + 1} of 365`)
  }
  await client.query('vacuum analyze observations')
}

function channelNumber(n: number) {
  return channelId.parse(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`)
}

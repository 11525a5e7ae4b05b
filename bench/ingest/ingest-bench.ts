import { Client } from 'pg'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import type { Servers } from '../servers/with-servers.ts'
import { fillTelemetry } from './fill-telemetry.ts'
import { rawConsumeRate } from './raw-consume.ts'
import { runSinkProcess } from './sink-rate.ts'
import { withQuickNats } from './with-quick-nats.ts'

const CHANNELS = 1000

/**
 * `ingest.rate`: observations a second from stream `TELEMETRY` into Postgres, the way of the sink: read, checked,
 * deduplicated, stored with the checkpoint. The ceiling is what one process consumes and acknowledges of the same messages.
 * `ingest.memory`: resident memory at the end of the last round over that at its first quarter.
 */
export const ingestBench: Bench = {
  summary: 'TELEMETRY into Postgres, beside consume() and ack (BENCH_OBSERVATIONS a round, BENCH_ROUNDS)',
  minutes: 20,
  run: (context) => withQuickNats(context, (servers) => measure(servers, context)),
}

async function measure(servers: Servers, { report, note, signal }: BenchContext): Promise<void> {
  const count = wholeNumber('BENCH_OBSERVATIONS', 1_000_000)
  const rounds = wholeNumber('BENCH_ROUNDS', 3)
  const seen: { rate: number; ceiling: number }[] = []
  let memory: readonly number[] = []
  for (let round = 0; round < rounds; round++) {
    note(`publishing ${count} observations`)
    await fillTelemetry(servers.connection, { from: round * count, count, channels: CHANNELS }, signal)
    const run = await runSinkProcess(servers, signal)
    if (run.rows !== count) throw new Error(`${run.rows} of ${count} observations were stored`)
    memory = run.memory
    const ceiling = await rawConsumeRate(servers.connection, count, signal)
    seen.push({ rate: count / run.seconds, ceiling })
    note(
      `round ${round + 1} of ${rounds}: ${JSON.stringify({ ...seen.at(-1), memory: memory.map((bytes) => Math.round(bytes / 1e6)) })}`,
    )
  }
  await countRows(servers.databaseUrl, count * rounds)
  const quarter = memory[Math.floor(memory.length / 4)] ?? 0
  report({
    figure: 'ingest.rate',
    value: median(seen.map(({ rate }) => rate)),
    unit: 'rows/s',
    ceiling: median(seen.map(({ ceiling }) => ceiling)),
  })
  report({ figure: 'ingest.memory', value: (memory.at(-1) ?? 0) / 1e6, unit: 'MB', ceiling: quarter / 1e6 })
}

async function countRows(databaseUrl: string, expected: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: string }>('select count(*) from pharos.telemetry')
    if (Number(rows[0]?.count) !== expected) throw new Error(`${rows[0]?.count} rows, not ${expected}`)
  } finally {
    await client.end()
  }
}

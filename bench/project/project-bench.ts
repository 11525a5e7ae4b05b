import { Client } from 'pg'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { generationSchema, liveGeneration } from '../../projections/generation.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { fillLog } from './fill-log.ts'
import { rawCopySeconds } from './raw-copy.ts'

/** Rebuilds from the first event to the swap, indexes and the comparison with the live tables included. */
export const projectBench: Bench = {
  summary:
    'rebuild of 1M alias events into all alias tables, beside COPY of their rows (BENCH_EVENTS for another number)',
  minutes: 20,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure({ connection, databaseUrl }: Servers, context: BenchContext): Promise<void> {
  const { report, note, signal, dir } = context
  const events = Math.ceil(wholeNumber('BENCH_EVENTS', 1_000_000) / 1000) * 1000
  const rounds = wholeNumber('BENCH_ROUNDS', 3)
  const log = await JetStreamEventStore.open(connection)
  note(`writing ${events} events`)
  await fillLog(log, events, signal)
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // The first has no live tables to compare with, as no later one has: it only makes them.
    await rebuild(log, databaseUrl, context)
    const rates: number[] = []
    const ceilings: number[] = []
    for (let round = 1; round <= rounds; round++) {
      rates.push(events / (await rebuild(log, databaseUrl, context)))
      const schema = generationSchema(aliases.name, (await liveGeneration(client, aliases.name)) ?? 0)
      ceilings.push(events / (await rawCopySeconds(client, schema, dir)))
      note(
        `round ${round} of ${rounds}: ${Math.round(rates.at(-1) ?? 0)}/s, COPY ${Math.round(ceilings.at(-1) ?? 0)}/s`,
      )
    }
    report({ figure: 'project.rate', value: median(rates), unit: 'events/s', ceiling: median(ceilings) })
  } finally {
    await client.end()
  }
}

/** Answers how many seconds it took. */
async function rebuild(log: JetStreamEventStore, databaseUrl: string, { note, signal }: BenchContext): Promise<number> {
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1000
  const phases: string[] = []
  let phase = ''
  const result = await rebuildProjector(aliases, {
    database: { connectionString: databaseUrl },
    log,
    signal,
    onProgress(progress) {
      if (progress.phase !== phase) phases.push(`${progress.phase} ${seconds().toFixed(1)}`)
      phase = progress.phase
    },
  })
  if (result.status !== 'swapped') throw new Error(`the rebuild was ${JSON.stringify(result)}`)
  note(`rebuilt: ${phases.join(', ')}`)
  return seconds()
}

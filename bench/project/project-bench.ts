import { Client } from 'pg'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { generationSchema, liveGeneration } from '../../projections/generation.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { fillLog } from './fill-log.ts'
import { rawCopySeconds } from './raw-copy.ts'
import { rebuildSeconds } from './rebuild-seconds.ts'

/**
 * Rebuilds from the first event to the swap, indexes included. `project.rate` is that of a new version of the code, for
 * which the live tables say nothing; `project.rate_compared` that of the same version, with the comparison row by row.
 */
export const projectBench: Bench = {
  summary:
    'rebuild of 1M alias events into the alias tables, beside COPY of their rows (BENCH_EVENTS for another number)',
  minutes: 20,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

/** Events a second. */
interface Round {
  readonly rate: number
  readonly compared: number
  readonly copy: number
}

async function measure({ connection, databaseUrl }: Servers, context: BenchContext): Promise<void> {
  const { report, note, signal, dir } = context
  const events = Math.ceil(wholeNumber('BENCH_EVENTS', 1_000_000) / 1000) * 1000
  const rounds = wholeNumber('BENCH_ROUNDS', 2)
  const log = await JetStreamEventStore.open(connection)
  note(`writing ${events} events`)
  await fillLog(log, events, signal)
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  const seen: Round[] = []
  try {
    for (let round = 1; round <= rounds; round++) {
      const projector = { ...aliases, version: aliases.version + round }
      const rebuilt = await rebuildSeconds(projector, log, databaseUrl, context)
      const schema = generationSchema(aliases.name, (await liveGeneration(client, aliases.name)) ?? 0)
      const copied = await rawCopySeconds(client, schema, dir)
      const compared = await rebuildSeconds(projector, log, databaseUrl, context)
      seen.push({ rate: events / rebuilt, compared: events / compared, copy: events / copied })
      note(`round ${round} of ${rounds}: ${JSON.stringify(seen.at(-1))}`)
    }
  } finally {
    await client.end()
  }
  const copy = { unit: 'events/s', ceiling: median(seen.map((one) => one.copy)) }
  report({ figure: 'project.rate', value: median(seen.map((one) => one.rate)), ...copy })
  report({ figure: 'project.rate_compared', value: median(seen.map((one) => one.compared)), ...copy })
}

import type { Bench, BenchContext } from '../bench.ts'
import { load } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { startServer } from '../servers/start-server.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { commandClient, type SendCommand } from './command-client.ts'
import { emmettPerSecond, installPeers } from './emmett.ts'
import { type RawPublish, rawPublisher } from './raw-publish.ts'

const SECRET_KEY = 'only-for-this-bench-on-this-machine'
/** Commands before anything is measured: code is compiled and caches are warm then, as in a server that runs for days. */
const WARM_UP = 30_000
const ROUNDS_OF_SERVER = 2

/** Commands, appends or publishes a second, and medians of milliseconds. */
interface Round {
  readonly raw: number
  readonly commands: number
  readonly rawP50: number
  readonly commandP50: number
  readonly emmett64: number
  readonly emmett256: number
  readonly commands64: number
}

/**
 * Each round measures everything once, so that what disturbs the machine disturbs figures and ceilings alike. The rounds are of
 * several servers, one after the other: two of the same code differ by up to a seventh for as long as they live.
 */
export const commandsBench: Bench = {
  summary: 'register-alias over NATS: throughput and latency beside raw publishes, throughput beside emmett-postgresql',
  minutes: 15,
  async run(context) {
    const rounds = wholeNumber('BENCH_ROUNDS', 6)
    await installPeers(context)
    await withServers(context, async (servers) => {
      const command = await commandClient(servers.connection, SECRET_KEY)
      const seen: Round[] = []
      let raw: RawPublish | undefined
      while (seen.length < rounds) {
        await using _server = await startServer(servers, context, SECRET_KEY)
        await load(WARM_UP, 256, command)
        if (raw === undefined) {
          raw = await rawPublisher(servers.connection)
          await load(WARM_UP / 10, 256, raw)
        }
        for (let of = 0; of < ROUNDS_OF_SERVER && seen.length < rounds; of++) {
          context.signal.throwIfAborted()
          seen.push(await measured(servers, { command, raw }, context.signal))
          context.note(`round ${seen.length} of ${rounds}: ${JSON.stringify(seen.at(-1), shortened)}`)
        }
      }
      tell(seen, context)
    })
  },
}

async function measured(
  { databaseUrl }: Servers,
  { command, raw }: { readonly command: SendCommand; readonly raw: RawPublish },
  signal: AbortSignal,
): Promise<Round> {
  return {
    raw: (await load(10_000, 256, raw)).perSecond,
    commands: (await load(40_000, 256, command)).perSecond,
    rawP50: (await load(1000, 1, raw)).p50,
    commandP50: (await load(1000, 1, command)).p50,
    emmett64: await emmettPerSecond(databaseUrl, 3000, 64, signal),
    emmett256: await emmettPerSecond(databaseUrl, 3000, 256, signal),
    commands64: (await load(20_000, 64, command)).perSecond,
  }
}

function tell(seen: readonly Round[], { report }: Pick<BenchContext, 'report'>): void {
  const middle = (of: (one: Round) => number): number => median(seen.map(of))
  const unit = 'commands/s'
  const ours = { at64: middle((one) => one.commands64), at256: middle((one) => one.commands) }
  const theirs = { at64: middle((one) => one.emmett64), at256: middle((one) => one.emmett256) }
  report({ figure: 'commands.throughput', value: ours.at256, unit, ceiling: middle((one) => one.raw) })
  report({
    figure: 'commands.latency_p50',
    value: middle((one) => one.commandP50),
    unit: 'ms',
    ceiling: middle((one) => one.rawP50),
  })
  // Each at the load that suits it: one that gains nothing by more in flight is not made to carry them.
  const [best, bestOfTheirs] = [Math.max(ours.at64, ours.at256), Math.max(theirs.at64, theirs.at256)]
  report({ figure: 'commands.vs_emmett', value: best, unit, ceiling: bestOfTheirs })
  report({ figure: 'commands.vs_emmett_64', value: ours.at64, unit, ceiling: theirs.at64 })
}

function shortened(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}

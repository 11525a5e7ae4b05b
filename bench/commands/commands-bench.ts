import type { Bench } from '../bench.ts'
import { load } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { startServer } from '../servers/start-server.ts'
import { withServers } from '../servers/with-servers.ts'
import { commandClient } from './command-client.ts'
import { emmettPerSecond, installPeers } from './emmett.ts'
import { rawPublisher } from './raw-publish.ts'

const SECRET_KEY = 'only-for-this-bench-on-this-machine'
/** Commands before anything is measured: code is compiled and caches are warm then, as in a server that runs for days. */
const WARM_UP = 30_000

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

/** Each round measures everything once, so that what disturbs the machine disturbs figures and ceilings alike. */
export const commandsBench: Bench = {
  summary: 'register-alias over NATS: throughput and latency beside raw publishes, throughput beside emmett-postgresql',
  minutes: 15,
  async run(context) {
    const { report, note, signal } = context
    const rounds = wholeNumber('BENCH_ROUNDS', 5)
    await installPeers(context)
    await withServers(context, async (servers) => {
      await using _server = await startServer(servers, context, SECRET_KEY)
      const command = await commandClient(servers.connection, SECRET_KEY)
      await load(WARM_UP, 256, command)
      const raw = await rawPublisher(servers.connection)
      await load(WARM_UP / 10, 256, raw)
      const seen: Round[] = []
      for (let round = 1; round <= rounds; round++) {
        signal.throwIfAborted()
        const one = {
          raw: (await load(10_000, 256, raw)).perSecond,
          commands: (await load(40_000, 256, command)).perSecond,
          rawP50: (await load(1000, 1, raw)).p50,
          commandP50: (await load(1000, 1, command)).p50,
          emmett64: await emmettPerSecond(servers.databaseUrl, 3000, 64, signal),
          emmett256: await emmettPerSecond(servers.databaseUrl, 3000, 256, signal),
          commands64: (await load(20_000, 64, command)).perSecond,
        }
        seen.push(one)
        note(
          `round ${round} of ${rounds}: ${JSON.stringify(one, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value))}`,
        )
      }
      const middle = (of: (one: Round) => number): number => median(seen.map(of))
      const rate = { unit: 'commands/s' }
      report({
        figure: 'commands.throughput',
        value: middle((one) => one.commands),
        ...rate,
        ceiling: middle((one) => one.raw),
      })
      report({
        figure: 'commands.latency_p50',
        value: middle((one) => one.commandP50),
        unit: 'ms',
        ceiling: middle((one) => one.rawP50),
      })
      const ours = { at64: middle((one) => one.commands64), at256: middle((one) => one.commands) }
      const theirs = { at64: middle((one) => one.emmett64), at256: middle((one) => one.emmett256) }
      // Each at the load that suits it: one that gains nothing by more in flight is not made to carry them.
      report({
        figure: 'commands.vs_emmett',
        value: Math.max(ours.at64, ours.at256),
        ...rate,
        ceiling: Math.max(theirs.at64, theirs.at256),
      })
      report({ figure: 'commands.vs_emmett_64', value: ours.at64, ...rate, ceiling: theirs.at64 })
    })
  },
}

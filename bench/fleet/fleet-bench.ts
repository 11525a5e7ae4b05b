import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { newManifestKeys } from '../servers/new-manifest-keys.ts'
import { startServer } from '../servers/start-server.ts'
import { type OwnServers, withServers } from '../servers/with-servers.ts'
import { residentMemory } from '../soak/resident-memory.ts'
import { peakToMean } from './peak-to-mean.ts'
import { provisionFleet } from './provisioned.ts'
import { startSimulatedAgent } from './simulated-agent.ts'

const SECRET_KEY = 'only-for-this-bench-on-this-machine'
/** A 20th of the agents' default: all that is measured is in proportion to it. */
const INTERVAL_S = 15
/** In a bin of an interval's 15th are some 67 requests of a thousand agents, so that chance alone makes no peak. */
const BINS = 15
const WARM_UP = 3
const MEASURED = 6
/** The NATS server ends and comes back so many intervals into it. */
const RESTART = 2
const SAMPLE_MS = 250

/** A fleet at its schedule, through a restart of the server that all of it is connected to. */
export const fleetBench: Bench = {
  summary: '1,000 agents at their schedule, NATS restarted in the middle (BENCH_DEVICES, BENCH_INTERVAL in seconds)',
  minutes: 15,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure(servers: OwnServers, context: BenchContext): Promise<void> {
  const { report, note, signal } = context
  const count = wholeNumber('BENCH_DEVICES', 1_000)
  const intervalMs = wholeNumber('BENCH_INTERVAL', INTERVAL_S) * 1000
  const keys = await newManifestKeys(servers.keysDir)
  const devices = await provisionFleet(servers, keys, count, signal)
  await using gateway = await startServer(servers, context, SECRET_KEY, ['devices'], {
    PHAROS_KEYS_DIR: servers.keysDir,
  })
  const requests: number[] = []
  const answers = new Map<string, number>()
  const options = {
    server: new URL(servers.natsUrl).host,
    intervalMs,
    onRequest: () => void requests.push(performance.now()),
    onAnswer: (status: string) => void answers.set(status, (answers.get(status) ?? 0) + 1),
  }
  const agents = devices.map((device) => startSimulatedAgent(device, options))
  try {
    while ((answers.get('manifest') ?? 0) < count) await sleep(SAMPLE_MS, undefined, { signal })
    note(`all ${count} agents are connected, each has synced; warming up for ${WARM_UP} intervals`)
    await sleep(WARM_UP * intervalMs, undefined, { signal })
    answers.clear()
    const from = performance.now()
    const until = MEASURED * intervalMs
    const memory: { readonly at: number; readonly mib: number }[] = []
    let isRestarted = false
    for (let at = 0; at < until; at = performance.now() - from) {
      memory.push({ at, mib: await residentMemory(gateway.pid) })
      if (!isRestarted && at >= RESTART * intervalMs) {
        isRestarted = true
        process.kill(servers.natsPid(), 'SIGTERM')
        note('the NATS server was told to end')
      }
      await sleep(SAMPLE_MS, undefined, { signal })
    }
    const times = requests.map((at) => at - from).filter((at) => at >= 0 && at < until)
    const within = (first: number, last: number): number =>
      median(memory.filter(({ at }) => at >= first * intervalMs && at < last * intervalMs).map(({ mib }) => mib))
    const [first, last] = [within(0, 1), within(MEASURED - 1, MEASURED)]
    note(`${times.length} requests in ${until / 1000} s; answers: ${JSON.stringify(Object.fromEntries(answers))}`)
    note(`by tenth of an interval: ${perBin(times, until, intervalMs / 10).join(' ')}`)
    note(`the gateway held ${first.toFixed(1)} MiB at first, ${last.toFixed(1)} MiB at last`)
    const bin = intervalMs / BINS
    const chance = times.map(() => Math.random() * until)
    report({
      figure: 'fleet.peak_to_mean',
      value: peakToMean(times, until, bin),
      unit: 'ratio',
      ceiling: peakToMean(chance, until, bin),
    })
    report({ figure: 'fleet.central_rss_growth', value: last / first, unit: 'ratio', ceiling: 1 })
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()))
  }
}

function perBin(times: readonly number[], until: number, bin: number): readonly number[] {
  const bins = Map.groupBy(times, (time) => Math.floor(time / bin))
  return Array.from({ length: Math.ceil(until / bin) }, (_, number) => bins.get(number)?.length ?? 0)
}

import { setInterval } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { commandClient } from '../commands/command-client.ts'
import { load } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { startServer } from '../servers/start-server.ts'
import { withServers } from '../servers/with-servers.ts'
import { residentMemory } from './resident-memory.ts'

const SECRET_KEY = 'only-for-this-bench-on-this-machine'
const SAMPLE_MS = 250
/** The cache of aggregates, fewer than 100,000, is full after the first tenth; the heap has found its size by the second. */
const WARM_UP = 0.2
const WINDOW = 0.1

interface Sample {
  readonly done: number
  readonly mib: number
}

/** A million commands, each on an aggregate of its own: what the server keeps of them must not add up. */
export const soakBench: Bench = {
  summary: 'memory of the command server over 1M commands (BENCH_SOAK_COMMANDS for another number)',
  minutes: 30,
  async run(context) {
    const commands = wholeNumber('BENCH_SOAK_COMMANDS', 1_000_000)
    await withServers(context, async (servers) => {
      await using server = await startServer(servers, context, SECRET_KEY)
      const send = await commandClient(servers.connection, SECRET_KEY)
      let done = 0
      const over = new AbortController()
      const sampling = sample(server.pid, () => done, AbortSignal.any([over.signal, context.signal]))
      const { perSecond } = await load(commands, 256, async () => {
        context.signal.throwIfAborted()
        await send()
        done++
      })
      over.abort()
      const samples = await sampling
      const first = within(samples, commands * WARM_UP, commands * (WARM_UP + WINDOW))
      const last = within(samples, commands * (1 - WINDOW), commands)
      context.note(
        `${Math.round(perSecond)} commands/s; ${first.toFixed(1)} MiB at first, ${last.toFixed(1)} MiB at last`,
      )
      context.report({ figure: 'soak.rss_growth', value: last / first, unit: 'ratio', ceiling: 1 })
    })
  },
}

async function sample(pid: number, done: () => number, signal: AbortSignal): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  try {
    for await (const _ of setInterval(SAMPLE_MS, undefined, { signal }))
      samples.push({ done: done(), mib: await residentMemory(pid) })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return samples
}

function within(samples: readonly Sample[], from: number, to: number): number {
  return median(samples.filter(({ done }) => done >= from && done <= to).map(({ mib }) => mib))
}

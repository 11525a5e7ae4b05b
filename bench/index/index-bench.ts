import type { Bench, BenchContext } from '../bench.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { bytesPerChange } from './growth.ts'
import { visibility } from './visibility.ts'

const SIZES = [
  ['1k', 1_000],
  ['10k', 10_000],
  ['100k', 100_000],
  ['1m', 1_000_000],
] as const

/** What one name and what it stands for need as a message of their own, key and value: nobody can write less. */
const RAW_ENTRY = 150

/**
 * `index.visible_p99`: from sending a command to holding the object of the version that contains it, told by a watch on
 * the pointer; 50 sites of 40 nodes, a tenth of all names global. `index.bytes_…`: see {@link bytesPerChange}.
 */
export const indexBench: Bench = {
  summary:
    'alias index: bytes written per change at 1k to 1M names, time until a change is visible (BENCH_INDEX_NAMES, BENCH_CHANGES)',
  minutes: 60,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure(servers: Servers, context: BenchContext): Promise<void> {
  const { report, note, signal } = context
  const most = wholeNumber('BENCH_INDEX_NAMES', 1_000_000)
  for (const [label, size] of SIZES) {
    if (size > most) continue
    signal.throwIfAborted()
    const value = await bytesPerChange(servers.databaseUrl, size, context)
    report({ figure: `index.bytes_${label}`, value, unit: 'bytes', ceiling: RAW_ENTRY })
  }
  note(`an index of ${most} names in 50 sites`)
  const seen = await visibility(servers, { names: most, changes: wholeNumber('BENCH_CHANGES', 2_000) }, context)
  report({ figure: 'index.bytes_per_change', value: seen.bytesPerChange, unit: 'bytes', ceiling: RAW_ENTRY })
  report({ figure: 'index.visible_p99', value: seen.p99, unit: 'ms', ceiling: seen.rawP99 })
}

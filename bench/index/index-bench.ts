import type { Bench, BenchContext } from '../bench.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { RAW_ENTRY } from './raw-entry.ts'
import { visibility } from './visibility.ts'

/**
 * `index.visible_p99`: from sending a command to holding the object of the version that contains it, told by a watch on
 * the pointer; 50 sites of 40 nodes, a tenth of all names global. `index.bytes_per_change`: what was written meanwhile.
 */
export const indexBench: Bench = {
  summary:
    'alias index of 1M names: bytes written per change, time until a change is visible (BENCH_INDEX_NAMES, BENCH_CHANGES)',
  minutes: 30,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure(servers: Servers, context: BenchContext): Promise<void> {
  const { report, note } = context
  const names = wholeNumber('BENCH_INDEX_NAMES', 1_000_000)
  note(`an index of ${names} names in 50 sites`)
  const seen = await visibility(servers, { names, changes: wholeNumber('BENCH_CHANGES', 2_000) }, context)
  report({ figure: 'index.bytes_per_change', value: seen.bytesPerChange, unit: 'bytes', ceiling: RAW_ENTRY })
  report({ figure: 'index.visible_p99', value: seen.p99, unit: 'ms', ceiling: seen.rawP99 })
}

import type { Bench, BenchContext } from '../bench.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { bytesPerChange } from './growth.ts'
import { RAW_ENTRY } from './raw-entry.ts'

const SIZES = [
  ['1k', 1_000],
  ['10k', 10_000],
  ['100k', 100_000],
  ['1m', 1_000_000],
] as const

/** `index.bytes_…`: see {@link bytesPerChange}. A million names take most of the time. */
export const indexGrowthBench: Bench = {
  summary: 'alias index: bytes written per change at 1k to 1M names (BENCH_INDEX_NAMES: at most so many)',
  minutes: 60,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

async function measure(servers: Servers, context: BenchContext): Promise<void> {
  const most = wholeNumber('BENCH_INDEX_NAMES', 1_000_000)
  for (const [label, size] of SIZES) {
    if (size > most) continue
    context.signal.throwIfAborted()
    const value = await bytesPerChange(servers.databaseUrl, size, context)
    context.report({ figure: `index.bytes_${label}`, value, unit: 'bytes', ceiling: RAW_ENTRY })
  }
}

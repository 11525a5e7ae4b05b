import { setInterval } from 'node:timers/promises'
import { median } from '../measure/median.ts'

const SAMPLE_MS = 25
/** The heap has found its size after the first fifth. */
const WARM_UP = 0.2
const WINDOW = 0.2

/**
 * How long some work took, and by what factor this process' memory (RSS) grew from its beginning (after a warm-up) to
 * its end: 1 when what it keeps does not add up.
 */
export async function rssGrowth(
  work: () => Promise<void>,
): Promise<{ readonly seconds: number; readonly growth: number }> {
  const samples: number[] = []
  const over = new AbortController()
  const sampling = sample(samples, over.signal)
  const started = performance.now()
  try {
    await work()
  } finally {
    over.abort()
    await sampling
  }
  const seconds = (performance.now() - started) / 1000
  const at = (share: number): number => Math.floor(share * samples.length)
  const first = median(samples.slice(at(WARM_UP), at(WARM_UP + WINDOW) + 1))
  const last = median(samples.slice(at(1 - WINDOW)))
  return { seconds, growth: last / first }
}

async function sample(samples: number[], signal: AbortSignal): Promise<void> {
  samples.push(process.memoryUsage.rss())
  try {
    for await (const _ of setInterval(SAMPLE_MS, undefined, { signal })) samples.push(process.memoryUsage.rss())
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

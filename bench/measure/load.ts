import { median } from './median.ts'

/** What one stretch of load showed. */
export interface LoadResult {
  readonly perSecond: number
  /** Milliseconds from sending to the answer, in the middle. */
  readonly p50: number
}

/**
 * Does `count` pieces of work, `inFlight` at a time: as soon as one is answered the next is sent.
 * @throws what the first failing piece threw.
 */
export async function load(count: number, inFlight: number, work: () => Promise<void>): Promise<LoadResult> {
  const latencies: number[] = []
  let left = count
  async function worker(): Promise<void> {
    while (left > 0) {
      left--
      const started = performance.now()
      await work()
      latencies.push(performance.now() - started)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  return { perSecond: count / ((performance.now() - started) / 1000), p50: median(latencies) }
}

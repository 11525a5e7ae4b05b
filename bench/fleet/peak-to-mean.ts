/** The fullest of the bins that `times` (from 0 to `until`) fall into, by the mean of all. */
export function peakToMean(times: readonly number[], until: number, bin: number): number {
  const bins = new Array<number>(Math.ceil(until / bin)).fill(0)
  for (const time of times) if (time >= 0 && time < until) bins[Math.floor(time / bin)]! += 1
  const total = bins.reduce((sum, count) => sum + count, 0)
  return Math.max(...bins) / (total / bins.length)
}

/** The fullest of the bins that `times` (from 0 to `until`) fall into, by the mean of all. */
export function peakToMean(times: readonly number[], until: number, bin: number): number {
  const bins = Array.from({ length: Math.ceil(until / bin) }, () => 0)
  for (const time of times) bins[Math.floor(time / bin)] = (bins[Math.floor(time / bin)] ?? 0) + 1
  return Math.max(...bins) / (times.length / bins.length)
}

import { MAX_WRITES, type Write } from './event-store.ts'

/**
 * What every event store demands of one append: 1 to {@link MAX_WRITES} writes, each to another aggregate.
 * @throws RangeError naming what is wrong.
 */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length === 0) throw new RangeError('an append needs at least one write')
  if (writes.length > MAX_WRITES) throw new RangeError(`an append of ${writes.length} writes, at most ${MAX_WRITES}`)
  const subjects = new Set<string>()
  for (const { subject } of writes) {
    if (subjects.has(subject)) throw new RangeError(`an append with two writes to ${subject}`)
    subjects.add(subject)
  }
}

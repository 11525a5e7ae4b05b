import { type Conditions, MAX_WRITES, type Write } from './event-store.ts'

/**
 * What every event store demands of one append: 1 to {@link MAX_WRITES} writes, guards and seals, each write and each
 * guard on another aggregate, and seals on what is written only.
 * @throws RangeError naming what is wrong.
 */
export function checkWrites(writes: readonly Write[], { guards = [], seals = [] }: Conditions = {}): void {
  const count = writes.length + guards.length + seals.length
  if (writes.length === 0) throw new RangeError('an append needs at least one write')
  if (count > MAX_WRITES) throw new RangeError(`an append of ${count} writes, at most ${MAX_WRITES}`)
  // One alone can clash with nothing.
  if (count === 1) return
  const written = new Set<string>()
  for (const { subject } of writes) {
    if (written.has(subject)) throw new RangeError(`an append with two writes to ${subject}`)
    written.add(subject)
  }
  const guarded = new Set<string>()
  for (const { subject } of guards) {
    if (written.has(subject)) throw new RangeError(`an append with a guard on ${subject}, which it writes`)
    if (guarded.has(subject)) throw new RangeError(`an append with two guards on ${subject}`)
    guarded.add(subject)
  }
  for (const { subject } of seals)
    if (!written.has(subject)) throw new RangeError(`an append with a seal on ${subject}, which it does not write`)
}

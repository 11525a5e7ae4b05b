import { median } from '../measure/median.ts'

/** Lookups that are timed as one: long enough for the clock, short enough that most are not disturbed. */
const CHUNK = 1000

/** Nanoseconds a lookup of each kind takes, in the middle of many short stretches; the kinds take turns. */
export function lookupNanoseconds(
  count: number,
  rounds: number,
  kinds: readonly ((i: number) => unknown)[],
): readonly number[] {
  const times = kinds.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [kind, lookup] of kinds.entries())
      for (let from = 0; from + CHUNK <= count; from += CHUNK) times[kind]?.push(stretch(lookup, from))
  // The first rounds are for the compiler.
  return times.map((all) => median(all.slice(Math.floor(all.length / 3))))
}

let kept: unknown

function stretch(lookup: (i: number) => unknown, from: number): number {
  const started = process.hrtime.bigint()
  let last: unknown
  for (let i = from; i < from + CHUNK; i++) last = lookup(i) ?? last
  const took = Number(process.hrtime.bigint() - started) / CHUNK
  kept = last
  return took
}

/** What was found last: so that no compiler finds out that nobody wants it. */
export function lastFound(): unknown {
  return kept
}

import type { RecordedEvent } from '../schemas/envelope.ts'

/** An aggregate that a projector holds back: nothing of it is applied from a position on, until somebody acts. */
export interface HeldAggregate {
  /** Its subject. */
  readonly aggregate: string
  /** Position of its first event that is not applied. */
  readonly from: number
  /**
   * Position of the parked event, the first that could not be applied. Aggregates that commands have tied to each other
   * since are held by one cause, the earliest, and are released together.
   */
  readonly cause: number
  readonly error: string
}

/** By subject. Never changed in place: what a transaction did not commit was never held. */
export type HeldAggregates = ReadonlyMap<string, HeldAggregate>

export const NOTHING_HELD: HeldAggregates = new Map()

/** Holds every aggregate of a command that cannot be applied, and whatever was tied to it before. */
export function park(held: HeldAggregates, command: readonly RecordedEvent[], error: string): HeldAggregates {
  return hold(held, command, command[0]?.sequence ?? 0, error)
}

/** Holds every aggregate of a command that touches held ones: applied in part it would show what never was. */
export function follow(held: HeldAggregates, command: readonly RecordedEvent[]): HeldAggregates {
  const before = command.flatMap(({ subject }) => held.get(subject) ?? [])
  const isHeldWhole = before.length === command.length && before.every(({ cause }) => cause === before[0]?.cause)
  if (isHeldWhole || before[0] === undefined) return held
  const waits = `its command at ${command[0]?.sequence} also changes ${before[0].aggregate}, which is held`
  return hold(held, command, before[0].cause, waits)
}

function hold(
  held: HeldAggregates,
  command: readonly RecordedEvent[],
  position: number,
  error: string,
): HeldAggregates {
  const causes = new Set(command.flatMap(({ subject }) => held.get(subject)?.cause ?? []))
  const cause = Math.min(position, ...causes)
  const after = new Map(held)
  for (const [aggregate, one] of held) if (causes.has(one.cause)) after.set(aggregate, { ...one, cause })
  for (const { subject: aggregate, sequence: from } of command)
    if (!after.has(aggregate)) after.set(aggregate, { aggregate, from, cause, error })
  return after
}

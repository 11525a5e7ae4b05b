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
  /** What its events that are held back are about, as the projector says ({@link Concerns}); each once. */
  readonly concerns: readonly string[]
}

/** What an event is about beside its own aggregate, that no table can tell while the event is not applied. */
export type Concerns = (event: RecordedEvent) => readonly string[]

/** Concern of an event that nobody can read: it could be about anything. */
export const ANYTHING = '*'

/** By subject. Never changed in place: what a transaction did not commit was never held. */
export type HeldAggregates = ReadonlyMap<string, HeldAggregate>

export const NOTHING_HELD: HeldAggregates = new Map()

/** Holds every aggregate of a command that cannot be applied, and whatever was tied to it before. */
export function park(
  held: HeldAggregates,
  command: readonly RecordedEvent[],
  error: string,
  concerns: Concerns = NOTHING_ELSE,
): HeldAggregates {
  return hold(held, command, { position: command[0]?.sequence ?? 0, error, concerns })
}

/** Holds every aggregate of a command that touches held ones: applied in part it would show what never was. */
export function follow(
  held: HeldAggregates,
  command: readonly RecordedEvent[],
  concerns: Concerns = NOTHING_ELSE,
): HeldAggregates {
  const before = command.flatMap(({ subject }) => held.get(subject) ?? [])
  if (before[0] === undefined) return held
  const isHeldWhole = before.length === command.length && before.every(({ cause }) => cause === before[0]?.cause)
  if (isHeldWhole) return concern(held, command, concerns)
  const error = `its command at ${command[0]?.sequence} also changes ${before[0].aggregate}, which is held`
  return hold(held, command, { position: before[0].cause, error, concerns })
}

const NOTHING_ELSE: Concerns = () => []

function hold(
  held: HeldAggregates,
  command: readonly RecordedEvent[],
  { position, error, concerns }: { readonly position: number; readonly error: string; readonly concerns: Concerns },
): HeldAggregates {
  const causes = new Set(command.flatMap(({ subject }) => held.get(subject)?.cause ?? []))
  const cause = Math.min(position, ...causes)
  const after = new Map(held)
  for (const [aggregate, one] of held) if (causes.has(one.cause)) after.set(aggregate, { ...one, cause })
  for (const { subject: aggregate, sequence: from } of command)
    if (!after.has(aggregate)) after.set(aggregate, { aggregate, from, cause, error, concerns: [] })
  return concern(after, command, concerns)
}

/** The same, if the command is about nothing more. */
function concern(held: HeldAggregates, command: readonly RecordedEvent[], concerns: Concerns): HeldAggregates {
  let after: Map<string, HeldAggregate> | undefined
  for (const event of command) {
    const one = (after ?? held).get(event.subject)
    const more = concerns(event).filter((about) => !one?.concerns.includes(about))
    if (one === undefined || more.length === 0) continue
    after ??= new Map(held)
    after.set(event.subject, { ...one, concerns: [...one.concerns, ...more] })
  }
  return after ?? held
}

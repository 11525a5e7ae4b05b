import type { RecordedEvent } from '../schemas/envelope.ts'
import { splitIntoCommands } from './command-boundary.ts'
import { type Concerns, follow, type HeldAggregates } from './held-aggregates.ts'

/** Positions of the parked events that a person has decided to do without. */
export type Discarded = ReadonlySet<number>

export const NOTHING_DISCARDED: Discarded = new Set()

/**
 * Of whole commands, the events that may be applied: those of commands that touch no held aggregate and were not
 * discarded. A command that touches one is held back whole, and holds its other aggregates from there on.
 */
export function withhold(
  events: readonly RecordedEvent[],
  held: HeldAggregates,
  discarded: Discarded,
  concerns?: Concerns,
): { readonly free: readonly RecordedEvent[]; readonly held: HeldAggregates } {
  if (held.size === 0 && discarded.size === 0) return { free: events, held }
  let now = held
  const free: RecordedEvent[] = []
  for (const command of splitIntoCommands(events)) {
    if (discarded.has(command[0]?.sequence ?? 0)) continue
    if (command.some(({ subject }) => now.has(subject))) now = follow(now, command, concerns)
    else free.push(...command)
  }
  return { free, held: now }
}

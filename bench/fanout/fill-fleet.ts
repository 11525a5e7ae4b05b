import type { EventStore } from '../../commands/event-store.ts'
import type { PersonKeys } from '../../commands/personal/person-keys.ts'
import { concurrently } from '../../projections/concurrently.ts'
import { appendAll } from '../log/append-all.ts'
import { commandWrites } from '../log/event-write.ts'
import { type FleetSize, fleetPlan, linkRounds, userCount, userName } from './fleet-plan.ts'

/** Keys that are made at once: those of one moment go as one atomic batch. */
const KEYS_AT_ONCE = 512

/** Writes the events of a whole fleet to the log, as commands would have. */
export async function fillFleet(
  store: EventStore,
  keys: PersonKeys,
  size: FleetSize,
  signal: AbortSignal,
): Promise<void> {
  const people = Array.from({ length: userCount(size) }, (_, number) => userName(number))
  await concurrently(people, KEYS_AT_ONCE, (person) => keys.ensure(person, true))
  const revisions = new Map<string, number>()
  const append = async (commands: ReturnType<typeof fleetPlan>): Promise<void> => {
    const stored = await appendAll(store, commands.map(commandWrites), signal)
    for (const [i, { subject }] of commands.flat().entries()) revisions.set(subject, stored[i] ?? 0)
  }
  await append(fleetPlan(size))
  for (const round of linkRounds(size))
    await append(round.map((event) => [{ ...event, expectedRevision: revisions.get(event.subject) ?? 0 }]))
}

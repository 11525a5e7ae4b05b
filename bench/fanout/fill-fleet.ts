import type { EventStore } from '../../commands/event-store.ts'
import { appendAll } from '../log/append-all.ts'
import { commandWrites } from '../log/event-write.ts'
import { type FleetSize, fleetPlan, linkRounds } from './fleet-plan.ts'

/** Writes the events of a whole fleet to the log, as commands would have. */
export async function fillFleet(store: EventStore, size: FleetSize, signal: AbortSignal): Promise<void> {
  const revisions = new Map<string, number>()
  const append = async (commands: ReturnType<typeof fleetPlan>): Promise<void> => {
    const stored = await appendAll(store, commands.map(commandWrites), signal)
    for (const [i, { subject }] of commands.flat().entries()) revisions.set(subject, stored[i] ?? 0)
  }
  await append(fleetPlan(size))
  for (const round of linkRounds(size))
    await append(round.map((event) => [{ ...event, expectedRevision: revisions.get(event.subject) ?? 0 }]))
}

import type { EventStore } from '../../commands/event-store.ts'
import { description, registered, registration, type Standing } from './alias-events.ts'

/** Events of one append, of which so many are changes of aliases that were registered some appends before. */
const CHUNK = 1000
const CHANGES = 100
const IN_FLIGHT = 3
const BEHIND = 8

/** Writes `events` alias events (a multiple of 1,000) to the log: nine in ten register, one in ten changes. */
export async function fillLog(store: EventStore, events: number, signal: AbortSignal): Promise<void> {
  const standing = new Map<number, readonly Standing[]>()
  let number = 0
  let chunk = 0
  async function writer(): Promise<void> {
    while (chunk < events / CHUNK) {
      signal.throwIfAborted()
      const mine = chunk++
      const older = standing.get(mine - BEHIND) ?? []
      const fresh = Array.from({ length: CHUNK - older.length }, () => registered(number++))
      const appended = await store.append([...fresh.map(registration), ...older.map(description)])
      if (appended.status !== 'appended') throw new Error(`the log cannot be filled: ${JSON.stringify(appended)}`)
      standing.set(
        mine,
        fresh.slice(0, CHANGES).map((data, i) => ({ data, revision: appended.revisions[i] ?? 0 })),
      )
      standing.delete(mine - BEHIND)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer))
}

import { alias } from '../../domain/alias/alias.ts'
import type { SlotAt } from '../../domain/alias/former-slots.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { EventStore } from '../event-store.ts'

/** Slots by their subjects. */
export type Contents = ReadonlyMap<string, SlotAt>

/**
 * The slots that `filters` match as of each of the positions, which ascend: what the log holds, by the rules that made it.
 * A command that ends after a position is not in it. `wanted` keeps those slots only. Memory is that of the last.
 * @throws EventStoreUnavailable when the log cannot be read; what `signal` aborts with.
 */
export async function contentsAt(
  store: Pick<EventStore, 'readAll'>,
  positions: readonly number[],
  options: {
    readonly filters: readonly string[]
    readonly wanted?: (subject: string) => boolean
    readonly signal: AbortSignal
  },
): Promise<readonly Contents[]> {
  const { filters, wanted, signal } = options
  const slots = new Map<string, SlotAt>()
  const contents: Contents[] = []
  const untilSequence = positions.at(-1) ?? 0
  if (untilSequence > 0) {
    const events = store.readAll({ fromSequence: 1, untilSequence, subjects: filters, signal })
    for await (const { subject, sequence, envelope } of events) {
      const end = sequence - envelope.commandindex + envelope.commandcount - 1
      while (end > (positions[contents.length] ?? Infinity)) contents.push(new Map(slots))
      if (end > untilSequence) break
      if (wanted !== undefined && !wanted(subject)) continue
      const event = readAliasEvent(envelope)
      const before = slots.get(subject)?.state ?? alias.initialState
      const recorded = { sequence, time: envelope.time, actor: envelope.actor }
      const state = alias.evolve(before, event, recorded)
      slots.set(subject, { scope: event.data.scope, name: event.data.name, state, revision: sequence })
    }
    signal.throwIfAborted()
  }
  while (contents.length < positions.length)
    contents.push(contents.length + 1 < positions.length ? new Map(slots) : slots)
  return contents
}

import type { EventStore } from '../../commands/event-store.ts'
import type { LogHistory } from '../../projections/as-of/log-history.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'

/** A store's log as time travel reads it, by plain reading: slow, and right. */
export function logHistory(store: Pick<EventStore, 'head' | 'readAll' | 'readAggregate'>): LogHistory {
  return {
    head: () => store.head(),
    readAll: (options) => store.readAll(options),
    readAggregate: (subject) => store.readAggregate(subject),
    async eventFrom(sequence) {
      const { sequence: untilSequence } = await store.head()
      const range = { fromSequence: sequence, untilSequence, signal: AbortSignal.timeout(60_000) }
      if (sequence > untilSequence) return undefined
      for await (const event of store.readAll(range)) return event
      return undefined
    },
  }
}

/** The same over events in an array, with or without gaps between their sequences. */
export function arrayHistory(
  events: readonly RecordedEvent[],
  epoch: Awaited<ReturnType<EventStore['head']>>['epoch'],
): LogHistory {
  return {
    head: async () => ({ epoch, sequence: events.at(-1)?.sequence ?? 0 }),
    readAggregate: async (subject) => events.filter((event) => event.subject === subject),
    eventFrom: async (from) => events.find(({ sequence }) => sequence >= from),
    async *readAll({ fromSequence, untilSequence = Infinity }) {
      yield* events.filter(({ sequence }) => sequence >= fromSequence && sequence <= untilSequence)
    },
  }
}

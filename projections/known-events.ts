import { parseEventType, type RecordedEvent } from '../schemas/envelope.ts'
import { isUnreadable } from '../schemas/events/unreadable.ts'
import { commandSpan } from './command-boundary.ts'
import type { Projector } from './projector.ts'

/**
 * The events up to the first command with one that this code does not know: of a newer schema version or a new kind.
 * `unknown` is that event. It is no poison: newer code will read it. What is no event at all no code will ever read: it
 * is not waited for.
 */
export function knownEvents(
  projector: Projector,
  events: readonly RecordedEvent[],
): { readonly known: readonly RecordedEvent[]; readonly unknown?: RecordedEvent } {
  const { eventVersions } = projector
  if (eventVersions === 'any') return { known: events }
  const unknown = events.find((event) => {
    const { name, version } = parseEventType(event.envelope.type)
    return version > (eventVersions[name] ?? 0) && !isUnreadable(event)
  })
  if (unknown === undefined) return { known: events }
  const { first } = commandSpan(unknown)
  return { known: events.filter((event) => event.sequence < first), unknown }
}

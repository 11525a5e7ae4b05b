import { isSealed } from '../../schemas/sealed-envelope.ts'
import type { EventStore } from '../event-store.ts'
import { userSubject } from '../fleet/fleet-subjects.ts'

/**
 * The ids of all keys with which the log has sealed something of a person, in the order of their first use. That is one, unless
 * two processes were the first to know of them. Rejects with EventStoreUnavailable when the log cannot be asked.
 */
export type KeyUses = (person: string) => Promise<readonly string[]>

/**
 * As the person's own aggregate says: an event elsewhere that is sealed with a person's key stands in one batch with one of theirs.
 * @param store gives events as they are stored.
 */
export function keyUsesIn(store: Pick<EventStore, 'readAggregate'>): KeyUses {
  return async (person) => {
    const events = await store.readAggregate(userSubject(person))
    const ids = events.flatMap(({ envelope }) =>
      isSealed(envelope) && envelope.person === person ? [envelope.personkey] : [],
    )
    return [...new Set(ids)]
  }
}

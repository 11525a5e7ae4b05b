import type { Actor } from '../../schemas/actor.ts'
import { actorId } from '../../schemas/ids.ts'
import type { CommandBus } from '../command-bus.ts'
import { derivedCommandId } from '../derived-command-id.ts'
import { type EventStore, EventStoreUnavailable } from '../event-store.ts'
import { userSubject } from './fleet-subjects.ts'

/** Whom the log names where nobody asked: the erasure was asked for in a life of the log that is lost. */
const SYSTEM: Actor = { id: actorId.parse('system:erasure'), roles: ['admin'] }

/**
 * Writes into the log that a person is erased, where the log knows them and does not say so: a backup from before their
 * erasure was restored. May be repeated.
 * @throws EventStoreUnavailable when it is not known to be written.
 */
export async function eraseAgain(
  person: string,
  { store, bus }: { readonly store: Pick<EventStore, 'lastRevision' | 'head'>; readonly bus: CommandBus },
): Promise<void> {
  if ((await store.lastRevision(userSubject(person))) === 0) return
  const { epoch } = await store.head()
  const body = { commandId: derivedCommandId('erase again', epoch, person), data: { userId: person } }
  const result = await bus.dispatch({ type: 'user.erase', body, actor: SYSTEM })
  if (result.status !== 'accepted' && result.status !== 'duplicate')
    throw new EventStoreUnavailable(`person ${person} could not be erased again: ${result.status}, ${result.message}`)
}

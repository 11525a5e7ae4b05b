import type { Actor } from '../../schemas/actor.ts'
import { actorId } from '../../schemas/ids.ts'
import type { CommandHandler } from '../command-handler.ts'
import { derivedCommandId } from '../derived-command-id.ts'
import { type EventStore, EventStoreUnavailable } from '../event-store.ts'

/** Its ids are made of its name too: under another the version before has given another command. */
const TYPE = 'user.erase-again'
/** Whom the log names where nobody asked: the erasure was asked for in a life of the log that is lost. */
const SYSTEM: Actor = { id: actorId.parse('system:erasure'), roles: ['admin'] }

/**
 * Writes into the log that a person is erased, where it does not say so: a backup from before their erasure was restored. Of
 * whom it knows nothing too, so that nobody else gets their id. May be repeated.
 * @throws EventStoreUnavailable when it is not known to be written.
 */
export async function eraseAgain(
  person: string,
  { store, fleet }: { readonly store: Pick<EventStore, 'head'>; readonly fleet: CommandHandler },
): Promise<void> {
  const { epoch } = await store.head()
  const request = { commandId: derivedCommandId(TYPE, epoch, person), data: { userId: person } }
  const result = await fleet.handle({ type: TYPE, actor: SYSTEM, request })
  if (result.status !== 'accepted' && result.status !== 'duplicate')
    throw new EventStoreUnavailable(`person ${person} could not be erased again: ${result.status}, ${result.message}`)
}

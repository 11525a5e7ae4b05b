import type { EventStore } from '../../commands/event-store.ts'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import type { StoredEvent } from '../../schemas/decode-stored-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import { PlainEvent } from '../../schemas/plain-event.ts'
import { type LogSource, readMessages } from './read-messages.ts'

type Options = Parameters<EventStore['readAll']>[0]

/**
 * The log in order, from an ordered consumer. See {@link EventStore.readAll}.
 * @throws EventStoreUnavailable when NATS is or goes away: read on from the last event seen, after checking the epoch.
 */
export async function* readAll(source: LogSource, options: Options): AsyncGenerator<RecordedEvent, void> {
  for await (const batch of readMessages(source, options))
    for (const message of batch) {
      if (options.signal.aborted) return
      const { sequence, subject, envelope } = decoded(message)
      yield { sequence, subject, envelope }
    }
}

/** As {@link readAll}, each event with its text and read only where it must be, and as many at a time as have come. */
export async function* readAllStored(
  source: LogSource,
  options: Options,
): AsyncGenerator<readonly StoredEvent[], void> {
  for await (const batch of readMessages(source, options))
    yield batch.map((message) => PlainEvent.of(message) ?? decoded(message))
}

function decoded({ sequence, subject, data }: LogMessage): StoredEvent {
  return decodeLogMessage(sequence, subject, data)
}

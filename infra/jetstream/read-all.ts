import type { EventStore } from '../../commands/event-store.ts'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import type { StoredEvent } from '../../schemas/decode-stored-event.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
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
      const { sequence, subject, envelope } = decodeLogMessage(message.sequence, message.subject, message.data)
      yield { sequence, subject, envelope }
    }
}

/** As {@link readAll}, each event with its text, and as many at a time as have come. */
export async function* readAllStored(
  source: LogSource,
  options: Options,
): AsyncGenerator<readonly StoredEvent[], void> {
  for await (const batch of readMessages(source, options))
    yield batch.map(({ sequence, subject, data }) => decodeLogMessage(sequence, subject, data))
}

import type { StoredEvent } from '../schemas/decode-stored-event.ts'
import type { EventStore } from './event-store.ts'

/** A log that gives its events with their texts. */
export interface StoredLog {
  /** As {@link EventStore.readAll}, each event with the text that stands in the log for it, and as many at a time as have come. */
  readAllStored(options: Parameters<EventStore['readAll']>[0]): AsyncIterable<readonly StoredEvent[]>
}

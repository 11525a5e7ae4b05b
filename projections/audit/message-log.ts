import type { LogMessage } from '../../schemas/log-message.ts'
import type { EventLog } from '../event-log.ts'

/** A log that gives its messages as they are stored too: whoever decodes them may be another thread. */
export interface MessageLog extends EventLog {
  /** As {@link EventLog.readAll}, undecoded, and as many at a time as have come. */
  readMessages(options: Parameters<EventLog['readAll']>[0]): AsyncIterable<readonly LogMessage[]>
}

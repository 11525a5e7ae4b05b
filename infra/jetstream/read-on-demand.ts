import type { EventLog } from '../../projections/event-log.ts'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import { type DemandedStream, openDemandedRead } from './demanded-read.ts'

/**
 * See {@link EventLog.readOnDemand}.
 * @throws EventStoreUnavailable when NATS is or goes away: read on from the last event seen, after checking the epoch.
 */
export async function* readOnDemand(
  source: DemandedStream,
  options: Parameters<NonNullable<EventLog['readOnDemand']>>[0],
): AsyncGenerator<readonly RecordedEvent[], void> {
  if (options.signal.aborted) return
  const read = await openDemandedRead(source, options)
  try {
    for (let messages = await read.next(); messages.length > 0; messages = await read.next())
      yield messages.map(decoded)
  } finally {
    read.close()
  }
}

function decoded(message: LogMessage): RecordedEvent {
  const { sequence, subject, envelope } = decodeLogMessage(message.sequence, message.subject, message.data)
  return { sequence, subject, envelope }
}

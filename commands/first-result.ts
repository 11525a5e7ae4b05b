import type { CommandResult } from '../schemas/command.ts'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { CommandId } from '../schemas/ids.ts'
import { type Epoch, formatPosition } from '../schemas/position.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'
import type { EventStore } from './event-store.ts'
import type { RememberedCommand } from './idempotency.ts'
import { summaries } from './writes.ts'

const READ_TIMEOUT_MS = 5000

/** What the command was answered the first time, read from its events in the log. */
export async function firstResult(
  store: EventStore,
  epoch: Epoch,
  commandId: CommandId,
  { firstSequence, count }: RememberedCommand,
  principal: AggregateSubject,
): Promise<CommandResult> {
  const lastSequence = firstSequence + count - 1
  const events: RecordedEvent[] = []
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS)
  for await (const event of store.readAll({ fromSequence: firstSequence, untilSequence: lastSequence, signal }))
    events.push(event)
  if (events.length < count)
    return {
      status: 'unavailable',
      message: 'the first outcome of this command could not be read in time; send it again',
    }
  return {
    status: 'duplicate',
    commandId,
    position: formatPosition({ epoch, sequence: lastSequence }),
    revision: events.find((event) => event.subject === principal)?.sequence ?? lastSequence,
    events: summaries(events),
  }
}

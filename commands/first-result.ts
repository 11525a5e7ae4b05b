import type { CommandResult } from '../schemas/command.ts'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { CommandId } from '../schemas/ids.ts'
import { type Epoch, formatPosition } from '../schemas/position.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'
import { summaries } from './writes.ts'

/**
 * What a command was answered the first time, from its events in the log. They are looked up aggregate by aggregate:
 * reading the log from a position would take a consumer for each, and thousands of retries may come at once.
 */
export async function firstResult(
  historyOf: (subject: AggregateSubject) => Promise<readonly RecordedEvent[]>,
  epoch: Epoch,
  command: { readonly commandId: CommandId; readonly actor: string; readonly subjects: readonly AggregateSubject[] },
): Promise<CommandResult> {
  const { commandId, actor, subjects } = command
  const histories = await Promise.all(subjects.map(historyOf))
  const events = histories
    .flat()
    .filter(({ envelope }) => envelope.commandid === commandId && envelope.actor === actor)
    .toSorted((a, b) => a.sequence - b.sequence)
  const last = events.at(-1)?.sequence ?? 0
  return {
    status: 'duplicate',
    commandId,
    position: formatPosition({ epoch, sequence: last }),
    revision: events.find(({ subject }) => subject === subjects[0])?.sequence ?? last,
    events: summaries(events),
  }
}

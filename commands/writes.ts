import type { EventSummary } from '../schemas/command.ts'
import { type Envelope, formatEventType, parseEventType, type RecordedEvent } from '../schemas/envelope.ts'
import type { EventId } from '../schemas/ids.ts'
import type { AggregateSubject } from '../schemas/subjects.ts'
import type { Loaded } from './aggregate-cache.ts'
import type { AggregateDefinition, Invocation } from './command-handler.ts'
import type { Write } from './event-store.ts'
import { messageId } from './idempotency.ts'
import { isoTime } from '../schemas/iso-time.ts'

/** A command that is well formed and allowed: read, and with the aggregates that it is about. */
export interface Identified<Command> {
  readonly invocation: Invocation
  readonly command: Command
  readonly subjects: readonly AggregateSubject[]
  readonly digest: string
}

type Message = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

/** The decided events as writes, each expecting its aggregate as it was decided on. `events[i]` is for `subjects[i]`. */
export function writesOf<State, Command extends Message, Event extends Message>(
  definition: Pick<AggregateDefinition<State, Command, Event>, 'versionOf'>,
  { newId, source }: { readonly newId: () => string; readonly source: string },
  { invocation, subjects, digest }: Identified<Command>,
  events: readonly (Event | undefined)[],
  loaded: readonly Loaded<State>[],
  at: number,
): Write[] {
  const { actor, request, traceparent, correlationId } = invocation
  const commandcount = events.filter((event) => event !== undefined).length
  const time = isoTime(at)
  const writes: Write[] = []
  for (const [i, event] of events.entries()) {
    const subject = subjects[i]
    if (event === undefined || subject === undefined) continue
    const envelope: Envelope = {
      specversion: '1.0',
      id: newId() as EventId,
      source,
      type: formatEventType(event.type, definition.versionOf(event.type)),
      subject,
      time,
      datacontenttype: 'application/json',
      data: event.data,
      actor: actor.id,
      commandid: request.commandId,
      commanddigest: digest,
      commandindex: writes.length,
      commandcount,
      correlationid: correlationId ?? request.commandId,
      causationid: request.commandId,
    }
    if (traceparent !== undefined) envelope.traceparent = traceparent
    writes.push({
      subject,
      expectedRevision: loaded[i]?.revision ?? 0,
      messageId: messageId(actor.id, request.commandId, subject),
      envelope,
    })
  }
  return writes
}

/** The writes as they stand in the log now. */
export function recordedEvents(
  writes: readonly Write[],
  revisions: readonly number[],
): (RecordedEvent & { subject: AggregateSubject })[] {
  return writes.map(({ subject, envelope }, i) => ({ subject, envelope, sequence: revisions[i] ?? 0 }))
}

/** What a reply tells of events. */
export function summaries(events: readonly RecordedEvent[]): EventSummary[] {
  return events.map(({ subject, sequence, envelope }) => ({
    type: parseEventType(envelope.type).name,
    subject,
    revision: sequence,
    data: envelope.data,
  }))
}

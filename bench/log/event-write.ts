import { hash } from 'node:crypto'
import type { Write } from '../../commands/event-store.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { currentType } from '../../schemas/events/current-version.ts'
import { actorId, commandId, eventId } from '../../schemas/ids.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

/** An event of one aggregate, and the revision that it follows. */
export interface EventToWrite {
  readonly subject: AggregateSubject
  readonly event: { readonly type: string; readonly data: object }
  readonly expectedRevision?: number
}

/** The events of one command, as the command path would have written them. */
export function commandWrites(events: readonly EventToWrite[]): readonly Write[] {
  const command = commandId.parse(newUlid())
  return events.map(({ subject, event, expectedRevision = 0 }, index) => {
    const envelope: Envelope = {
      specversion: '1.0',
      id: eventId.parse(newUlid()),
      source: '/pharos',
      type: currentType(event.type),
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { ...event.data },
      actor: actorId.parse('bench'),
      commandid: command,
      commanddigest: hash('sha256', command),
      commandindex: index,
      commandcount: events.length,
      correlationid: command,
      causationid: command,
    }
    return { subject, expectedRevision, messageId: hash('sha256', `${command} ${subject}`, 'base64url'), envelope }
  })
}

import { ulid } from 'ulid'
import { envelope } from '../../schemas/envelope.ts'
import { aggregateSubject, type AggregateSubject } from '../../schemas/subjects.ts'
import type { Write } from '../../commands/event-store.ts'

/** Aggregate `evt.alias.<name>`. */
export function alias(name: string): AggregateSubject {
  return aggregateSubject('alias', name)
}

/** A write as a command would make it, with a message id that no other has unless one is given. */
export function aWrite(
  subject: AggregateSubject,
  expectedRevision = 0,
  options: { readonly messageId?: string; readonly data?: Record<string, unknown> } = {},
): Write {
  const id = ulid()
  const { messageId = id, data = {} } = options
  return {
    subject,
    expectedRevision,
    messageId,
    envelope: envelope.parse({
      specversion: '1.0',
      id,
      source: 'test',
      type: 'pharos.alias.registered.v1',
      subject,
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data,
      actor: 'tester',
      commandid: id,
      commanddigest: '0'.repeat(64),
      commandindex: 0,
      commandcount: 1,
      correlationid: id,
      causationid: id,
    }),
  }
}

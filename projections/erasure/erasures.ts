import { parseEventType } from '../../schemas/envelope.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import { readUserEvent } from '../../schemas/events/read-user-event.ts'
import { userEventData } from '../../schemas/events/user.ts'
import type { Projector } from '../projector.ts'
import type { Table } from '../table.ts'

const ERASED_PERSONS = {
  name: 'erased_persons',
  columns: { person: 'text', position: 'bigint', erased_at: 'timestamptz' },
} as const satisfies Table

/**
 * Who is to be erased: what the reactor works by that destroys their keys. It reads events as they are stored, so it
 * needs no key, and none can keep it from its work.
 */
export const erasures: Projector = {
  name: 'erasures',
  version: 1,
  subjects: ['evt.user.>'],
  eventVersions: currentVersions(Object.keys(userEventData)),
  sealed: true,
  tables: `
    create table erased_persons (
      person text primary key,
      position bigint not null,
      erased_at timestamptz not null
    )`,
  completion: [],
  views: {},
  async apply(batch, transaction) {
    const erased = batch.filter(({ envelope }) => parseEventType(envelope.type).name === 'user.erased')
    await transaction.insert(
      ERASED_PERSONS,
      erased.map(({ sequence, envelope }) => ({
        person: readUserEvent(envelope).data.userId,
        position: sequence,
        erased_at: envelope.time,
      })),
    )
  },
}

import { z } from 'zod'
import { parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { personalFields } from '../../schemas/events/personal-fields.ts'
import { type Scope, scope } from '../../schemas/scope.ts'

/** An event as listeners get it: what filters and permissions look at, and its data as it is sent. */
export interface FeedItem {
  readonly sequence: number
  /** Without version: `alias.registered`. */
  readonly type: string
  /** What its readers must be allowed to read. */
  readonly on: 'alias' | 'fleet'
  /** `undefined` where this version of Pharos finds none in the event: only for who may read everywhere. */
  readonly scope: Scope | undefined
  /** JSON, on one line; made once for all listeners. */
  readonly json: string
}

/** The subjects of a feed's events, which {@link feedItem} knows how to tell. */
export const FEED_SUBJECTS = [
  'evt.alias.>',
  ...['company', 'location', 'group', 'user', 'area', 'device'].map((kind) => `evt.${kind}.>`),
]

const scoped = z.object({ scope })

export function feedItem({ sequence, subject, envelope }: RecordedEvent): FeedItem {
  const { name, version } = parseEventType(envelope.type)
  const { id, time, actor, commandid: commandId, correlationid: correlationId } = envelope
  // A feed keeps events in memory for a while, where no erasure would find them: what is known of people is asked for.
  const personal = personalFields(name)?.fields ?? []
  const data = Object.fromEntries(Object.entries(envelope.data).filter(([field]) => !personal.includes(field)))
  return {
    sequence,
    type: name,
    on: subject.startsWith('evt.alias.') ? 'alias' : 'fleet',
    scope: scoped.safeParse(data).data?.scope,
    json: JSON.stringify({ sequence, id, type: name, version, subject, time, actor, commandId, correlationId, data }),
  }
}

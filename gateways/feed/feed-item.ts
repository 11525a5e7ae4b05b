import { z } from 'zod'
import { parseEventType, type RecordedEvent } from '../../schemas/envelope.ts'
import { type Scope, scope } from '../../schemas/scope.ts'

/** An event as listeners get it: what filters and permissions look at, and its data as it is sent. */
export interface FeedItem {
  readonly sequence: number
  /** Without version: `alias.registered`. */
  readonly type: string
  /** `undefined` where this version of Pharos finds none in the event: only for who may read everywhere. */
  readonly scope: Scope | undefined
  /** JSON, on one line; made once for all listeners. */
  readonly json: string
}

const scoped = z.object({ scope })

export function feedItem({ sequence, subject, envelope }: RecordedEvent): FeedItem {
  const { name, version } = parseEventType(envelope.type)
  const { id, time, actor, commandid: commandId, correlationid: correlationId, data } = envelope
  return {
    sequence,
    type: name,
    scope: scoped.safeParse(data).data?.scope,
    json: JSON.stringify({ sequence, id, type: name, version, subject, time, actor, commandId, correlationId, data }),
  }
}

import { encodeEvent } from '../../commands/encode-event.ts'
import type { Write } from '../../commands/event-store.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'

/** A write as it goes over the wire. */
export interface EncodedWrite {
  readonly subject: AggregateSubject
  readonly expectedRevision: number
  readonly messageId: string
  readonly payload: Uint8Array
}

/** Room for the headers of one message; the server counts them against its `max_payload`. */
const HEADER_BYTES = 512

/** @throws RangeError when the event is larger than a message of `maxPayload` bytes can carry. */
export function encodeWrite(write: Write, maxPayload: number): EncodedWrite {
  const { subject, expectedRevision, messageId, envelope } = write
  const payload = encodeEvent(envelope, maxPayload - HEADER_BYTES - messageId.length)
  return { subject, expectedRevision, messageId, payload }
}

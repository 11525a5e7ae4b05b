import { nuid, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { EncodedHeaders } from './encoded-headers.ts'

/** A write to any stream that takes atomic batches: of an event, of a value in a bucket, of a guard's mark. */
export interface AtomicWrite {
  readonly subject: string
  readonly expectedRevision: number
  /** The subject that is expected there; left out: its own. One message carries one expectation. */
  readonly expectedOn?: string
  readonly messageId?: string
  readonly payload: Uint8Array
}

/**
 * Sends 1 to 1,000 writes that are stored all or none, contiguous, in this order, each only if its subject's last
 * sequence (or that of the subject which it names) is the expected one. The client's own batch drops ids and expectations, so the headers are set here.
 * One write alone goes as a plain message, which is quicker and answers for a known message id.
 * @param timeoutMs from now to the acknowledgement.
 * @returns the acknowledgement's message.
 * @throws what `request` throws; after a timeout it is unknown whether the writes are stored.
 */
export function publishAtomically(
  connection: NatsConnection,
  writes: readonly AtomicWrite[],
  timeoutMs: number,
): Promise<Msg> {
  const id = writes.length > 1 ? nuid.next() : undefined
  const last = writes.at(-1)
  if (last === undefined) return Promise.reject(new RangeError('a batch needs at least one write'))
  for (let i = 0; i < writes.length - 1; i++) {
    const write = writes[i]
    if (write === undefined) break
    connection.publish(write.subject, write.payload, { headers: messageHeaders(write, id, i + 1) })
  }
  const commit = messageHeaders(last, id, writes.length)
  if (id !== undefined) commit.append('Nats-Batch-Commit', '1')
  return connection.request(last.subject, last.payload, { headers: commit, timeout: timeoutMs })
}

function messageHeaders(write: AtomicWrite, batch: string | undefined, place: number): EncodedHeaders {
  const headers = new EncodedHeaders()
  headers.append('Nats-Expected-Last-Subject-Sequence', String(write.expectedRevision))
  if (write.messageId !== undefined) headers.append('Nats-Msg-Id', write.messageId)
  if (write.expectedOn !== undefined) headers.append('Nats-Expected-Last-Subject-Sequence-Subject', write.expectedOn)
  if (batch !== undefined) {
    headers.append('Nats-Batch-Id', batch)
    headers.append('Nats-Batch-Sequence', String(place))
  }
  return headers
}

import { createHash } from 'node:crypto'
import { nuid } from '@nats-io/transport-node'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import type { EncodedWrite } from './encoded-write.ts'

/**
 * An object as the two messages that any client of the Object Store reads: its bytes, and what it is. Each is the first
 * of its subject, so nothing is overwritten.
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-20.md
 */
export function objectMessages(
  bucket: string,
  { name, metadata }: { readonly name: string; readonly metadata: Readonly<Record<string, string>> },
  bytes: Uint8Array,
): readonly EncodedWrite[] {
  const id = nuid.next()
  const info = {
    name,
    description: '',
    metadata,
    bucket,
    nuid: id,
    size: bytes.length,
    chunks: 1,
    options: { max_chunk_size: bytes.length },
    mtime: new Date().toISOString(),
    digest: `SHA-256=${padded(createHash('sha256').update(bytes).digest('base64'))}`,
    deleted: false,
  }
  const message = (subject: string, payload: Uint8Array): EncodedWrite => ({
    // It has one message, as an aggregate's subject has its events.
    subject: subject as AggregateSubject,
    expectedRevision: 0,
    messageId: `${id} ${subject}`,
    payload,
  })
  return [
    message(`$O.${bucket}.C.${id}`, bytes),
    message(metaSubject(bucket, name), new TextEncoder().encode(JSON.stringify(info))),
  ]
}

/** Where an object's description stands. */
export function metaSubject(bucket: string, name: string): string {
  return `$O.${bucket}.M.${padded(Buffer.from(name).toString('base64'))}`
}

/** base64 with the alphabet that is safe in subjects, with its padding. */
function padded(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

import { hash } from 'node:crypto'
import type { Envelope } from './envelope.ts'
import { UNREADABLE_EVENT } from './events/unreadable.ts'
import { actorId, commandId, eventId } from './ids.ts'
import { decodeStoredEvent, type StoredEvent } from './decode-stored-event.ts'

/** So much of a message that is no event is shown. */
const SHOWN_BYTES = 256
const NOBODY = '0'.repeat(26)

/**
 * What stands at a place in the log, whatever it is: a message that is no event is given as one of type
 * `pharos.log.unreadable.v1`, a command of its own. One stray message must not keep anybody from reading on.
 */
export function decodeLogMessage(sequence: number, subject: string, bytes: Uint8Array): StoredEvent {
  try {
    return decodeStoredEvent(sequence, subject, bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return unreadable(sequence, subject, bytes)
  }
}

function unreadable(sequence: number, subject: string, bytes: Uint8Array): StoredEvent {
  const beginsWith = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('base64')
  const envelope: Envelope = {
    specversion: '1.0',
    id: eventId.parse(NOBODY),
    source: '/pharos',
    type: UNREADABLE_EVENT,
    subject,
    // The message has no time of its own that every reader would see alike.
    time: '1970-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: { sha256: hash('sha256', bytes), bytes: bytes.length, beginsWith },
    actor: actorId.parse('unknown'),
    commandid: commandId.parse(NOBODY),
    commanddigest: '0'.repeat(64),
    commandindex: 0,
    commandcount: 1,
    correlationid: NOBODY,
    causationid: NOBODY,
  }
  return { sequence, subject, envelope, text: JSON.stringify(envelope) }
}

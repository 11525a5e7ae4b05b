import { hash } from 'node:crypto'
import type { RecordedEvent } from '../schemas/envelope.ts'
import { UNREADABLE_EVENT } from '../schemas/events/unreadable.ts'
import { actorId, commandId, eventId } from '../schemas/ids.ts'
import { decodeEvent } from './decode-event.ts'

/** So much of a message that is no event is shown. */
const SHOWN_BYTES = 256
const NOBODY = '0'.repeat(26)

/**
 * What stands at a place in the log, whatever it is: a message that is no event is given as one of type
 * `pharos.log.unreadable.v1`, a command of its own. One stray message must not keep anybody from reading on.
 */
export function decodeLogMessage(sequence: number, subject: string, bytes: Uint8Array): RecordedEvent {
  try {
    return decodeEvent(sequence, subject, bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return unreadable(sequence, subject, bytes)
  }
}

function unreadable(sequence: number, subject: string, bytes: Uint8Array): RecordedEvent {
  const beginsWith = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('base64')
  return {
    sequence,
    subject,
    envelope: {
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
    },
  }
}

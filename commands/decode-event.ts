import type { Envelope, RecordedEvent } from '../schemas/envelope.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * An event read back from the log. Its shape is not checked in full, for the log takes checked envelopes only, and an
 * older reader must bear the attributes that a newer writer adds.
 * @throws TypeError when the bytes are no envelope: something else than an event store wrote there.
 */
export function decodeEvent(sequence: number, subject: string, bytes: Uint8Array): RecordedEvent {
  const envelope = parse(bytes)
  if (!isEnvelope(envelope)) throw new TypeError(`message ${sequence} on ${subject} is no event`)
  return { sequence, subject, envelope }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    typeof value === 'object' &&
    value !== null &&
    'specversion' in value &&
    value.specversion === '1.0' &&
    'type' in value &&
    typeof value.type === 'string' &&
    'data' in value &&
    typeof value.data === 'object' &&
    value.data !== null
  )
}

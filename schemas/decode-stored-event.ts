import type { Envelope, RecordedEvent } from './envelope.ts'

/** An event beside the text that stands in the log for it: whoever only hands it on need not write it again. */
export interface StoredEvent extends RecordedEvent {
  /** The envelope as JSON, byte for byte. */
  readonly text: string
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * An event read back from the log. Its shape is not checked in full, for the log takes checked envelopes only, and an
 * older reader must bear the attributes that a newer writer adds.
 * @throws TypeError when the bytes are no envelope: something else than an event store wrote there.
 */
export function decodeStoredEvent(sequence: number, subject: string, bytes: Uint8Array): StoredEvent {
  const { text, value } = parse(bytes)
  if (!isEnvelope(value)) throw new TypeError(`message ${sequence} on ${subject} is no event`)
  return { sequence, subject, envelope: value, text }
}

function parse(bytes: Uint8Array): { readonly text: string; readonly value: unknown } {
  try {
    const text = utf8.decode(bytes)
    return { text, value: JSON.parse(text) }
  } catch {
    return { text: '', value: undefined }
  }
}

/** What every reader relies on: which event it is, by whom and when, and where its command begins and ends. */
function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false
  const { specversion, type, data, time, actor, commandid, commandindex, commandcount } = value as Partial<Envelope>
  return (
    specversion === '1.0' &&
    typeof type === 'string' &&
    TYPE.test(type) &&
    typeof data === 'object' &&
    data !== null &&
    typeof time === 'string' &&
    TIME.test(time) &&
    typeof actor === 'string' &&
    typeof commandid === 'string' &&
    Number.isSafeInteger(commandindex) &&
    Number.isSafeInteger(commandcount) &&
    Number(commandindex) >= 0 &&
    Number(commandindex) < Number(commandcount) &&
    Number(commandcount) <= MAX_EVENTS
  )
}

const TYPE = /^pharos\.[a-z-]+\.[a-z-]+\.v[1-9][0-9]*$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** Events of one command. */
const MAX_EVENTS = 1000

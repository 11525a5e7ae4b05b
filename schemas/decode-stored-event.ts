import type { RecordedEvent } from './envelope.ts'
import { isEnvelope } from './is-envelope.ts'

/** An event beside the text that stands in the log for it: whoever only hands it on need not write it again. */
export interface StoredEvent extends RecordedEvent {
  /** The envelope as JSON, byte for byte. */
  readonly text: string
  /** It stands in one line, and nothing of it is sealed. */
  readonly plain?: true
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

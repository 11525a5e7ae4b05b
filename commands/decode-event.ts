import type { RecordedEvent } from '../schemas/envelope.ts'
import { decodeStoredEvent } from '../schemas/decode-stored-event.ts'

/** As {@link decodeStoredEvent}, without the text. @throws TypeError when the bytes are no envelope. */
export function decodeEvent(sequence: number, subject: string, bytes: Uint8Array): RecordedEvent {
  const { envelope } = decodeStoredEvent(sequence, subject, bytes)
  return { sequence, subject, envelope }
}

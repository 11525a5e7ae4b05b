import { quoted } from '../../../schemas/quoted.ts'
import type { StoredEvent } from '../../../schemas/decode-stored-event.ts'

/** A whole event as one line of JSON, its envelope as it stands in the log: writing it again takes longer than reading it did. */
export function storedLine(event: StoredEvent): string {
  const { sequence, subject, text, plain } = event
  const line = plain !== true && hasLineEnd(text) ? JSON.stringify(event.envelope) : text
  return `{"sequence":${sequence},"subject":${quoted(subject)},"envelope":${line}}`
}

/** The event store writes none, but JSON may have them between its values. Found by looking for each: a pattern takes longer. */
function hasLineEnd(text: string): boolean {
  return text.includes('\n') || text.includes('\r')
}

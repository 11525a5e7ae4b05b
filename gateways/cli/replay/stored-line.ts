import type { StoredEvent } from '../../../commands/decode-stored-event.ts'

/** A whole event as one line of JSON, its envelope as it stands in the log: writing it again takes longer than reading it did. */
export function storedLine({ sequence, subject, envelope, text }: StoredEvent): string {
  const line = LINE_END.test(text) ? JSON.stringify(envelope) : text
  return `{"sequence":${sequence},"subject":${JSON.stringify(subject)},"envelope":${line}}`
}

/** The event store writes none, but JSON may have them between its values. */
const LINE_END = /[\n\r]/

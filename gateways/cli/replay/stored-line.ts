import type { StoredEvent } from '../../../commands/decode-stored-event.ts'

/** A whole event as JSON, its envelope as it stands in the log: writing it again would take longer than reading it did. */
export function storedLine({ sequence, subject, text }: StoredEvent): string {
  return `{"sequence":${sequence},"subject":${JSON.stringify(subject)},"envelope":${text}}`
}

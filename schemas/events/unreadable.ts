import type { RecordedEvent } from '../envelope.ts'

/**
 * Type of the event that readers of the log are given in place of a message that is no event. Something else than the
 * command path wrote there; whoever reads decides what to do about it, as with any event that cannot be applied.
 * Its data: `sha256` and number of `bytes` of the message, and how it `beginsWith` (base64).
 */
export const UNREADABLE_EVENT = 'pharos.log.unreadable.v1'

export function isUnreadable({ envelope }: RecordedEvent): boolean {
  return envelope.type === UNREADABLE_EVENT
}

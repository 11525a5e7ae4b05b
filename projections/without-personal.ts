import { parseEventType, type RecordedEvent } from '../schemas/envelope.ts'
import { personalFields } from '../schemas/events/personal-fields.ts'

const CENSOR = '[personal]'

/** The text without anything that these events tell of people: an error may quote what it stumbled over, and is kept. */
export function withoutPersonal(text: string, events: readonly RecordedEvent[]): string {
  const told = events.flatMap(({ envelope: { type, data } }) =>
    (personalFields(parseEventType(type).name)?.fields ?? []).flatMap((field) => {
      const value = data[field]
      // As it is, and as JSON quotes it.
      return typeof value === 'string' && value !== '' ? [value, JSON.stringify(value).slice(1, -1)] : []
    }),
  )
  // The longest first, or a part of it would be left.
  return told
    .toSorted((a, b) => b.length - a.length)
    .reduce((censored, value) => censored.replaceAll(value, CENSOR), text)
}

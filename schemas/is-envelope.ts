import type { Envelope } from './envelope.ts'

/** How an event's type and time are written, as sources of patterns. */
export const EVENT_TYPE = String.raw`pharos\.[a-z-]+\.[a-z-]+\.v[1-9][0-9]*`
export const EVENT_TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`

const TYPE = new RegExp(`^${EVENT_TYPE}$`)
const TIME = new RegExp(`^${EVENT_TIME}$`)
/** Events of one command. */
const MAX_EVENTS = 1000

/** What every reader relies on: which event it is, by whom and when, and where its command begins and ends. */
export function isEnvelope(value: unknown): value is Envelope {
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
    isPlaceInCommand(commandindex, commandcount)
  )
}

/** Whether an event can be the one at this place, from 0, of a command that has so many. */
export function isPlaceInCommand(index: unknown, count: unknown): boolean {
  return (
    Number.isSafeInteger(index) &&
    Number.isSafeInteger(count) &&
    Number(index) >= 0 &&
    Number(index) < Number(count) &&
    Number(count) <= MAX_EVENTS
  )
}

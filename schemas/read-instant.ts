import { EPOCH_SECONDS, TIME } from './observation.ts'

/** A moment to the microsecond. */
export interface Instant {
  /** RFC 3339 in UTC. */
  readonly text: string
  readonly ms: number
}

const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

/** RFC 3339 with an offset, or seconds since 1970; `undefined` for anything else, and for what lies before 1970. */
export function readInstant(text: string): Instant | undefined {
  const time = TIME.exec(text)
  if (time !== null) return ofTime(time, text)
  const epoch = EPOCH_SECONDS.exec(text)
  if (epoch === null) return undefined
  return instant(Number(epoch[1]), epoch[2] ?? '')
}

function ofTime(found: RegExpExecArray, text: string): Instant | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number)
  const [, , , , , , , fraction = '', , sign, offsetHour, offsetMinute] = found
  // Years below 100 are others to Date.
  if (
    year < 1969 ||
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > daysOf(year, month) ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    return undefined
  const local = Date.UTC(year, month - 1, day, hour, minute, second) / 1000
  // As it is, it is in UTC already.
  if (sign === undefined)
    return local < 0 ? undefined : written(`${text.slice(0, 10)}T${text.slice(11, 19)}`, local, fraction)
  const [hours, minutes] = [Number(offsetHour), Number(offsetMinute)]
  if (hours > 23 || minutes > 59) return undefined
  const offset = (hours * 60 + minutes) * 60
  return instant(sign === '+' ? local - offset : local + offset, fraction)
}

function instant(seconds: number, fraction: string): Instant | undefined {
  if (seconds < 0 || seconds > LAST_SECOND) return undefined
  return written(new Date(seconds * 1000).toISOString().slice(0, 19), seconds, fraction)
}

function written(whole: string, seconds: number, fraction: string): Instant {
  const digits = fraction.replace(/0+$/, '')
  return {
    text: digits === '' ? `${whole}Z` : `${whole}.${digits}Z`,
    ms: seconds * 1000 + Math.floor(Number(`0.${digits || '0'}`) * 1000),
  }
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

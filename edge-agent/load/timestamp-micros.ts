/** As Postgres writes it in UTC: also years of more than four digits, and those before Christ. */
const TIMESTAMP = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00( BC)?$/
const INFINITE: ReadonlyMap<string, bigint> = new Map([
  ['infinity', 2n ** 63n - 1n],
  ['-infinity', -(2n ** 63n)],
])
const DAY_SECONDS = 86_400

/** Microseconds since 2000, as Postgres keeps a `timestamptz`; undefined when the text is none. */
export function timestampMicros(text: string): bigint | undefined {
  const infinite = INFINITE.get(text)
  if (infinite !== undefined) return infinite
  const [, year, month, day, hours, minutes, seconds, fraction = '', bc] = TIMESTAMP.exec(text) ?? []
  if (year === undefined) return undefined
  // There is no year 0: 1 BC comes before 1.
  const days = daysSince2000(bc === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day))
  const whole = days * DAY_SECONDS + (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

/** Days from 2000-01-01 to a date of the Gregorian calendar, carried on to all times as Postgres does. */
export function daysSince2000(year: number, month: number, day: number): number {
  // Counted from March on, so that the day of leap years is the last.
  const isEarly = month < 3
  const from = isEarly ? year - 1 : year
  const months = isEarly ? month + 9 : month - 3
  const leaps = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400)
  return from * 365 + leaps + Math.floor((months * 153 + 2) / 5) + day - 730_426
}

const [QUOTE, PLUS, DASH, DOT, ZERO] = [34, 43, 45, 46, 48]

/** The same of a time as nearly all are, from 1900 to 2199, read from the bytes before its closing quote; undefined when it is another one. */
export function plainMicros(bytes: Buffer, from: number): number | undefined {
  const digits = (at: number): number => ((bytes[from + at] ?? 0) - ZERO) * 10 + (bytes[from + at + 1] ?? 0) - ZERO
  const century = digits(0)
  if (century < 19 || century > 21 || bytes[from + 4] !== DASH) return undefined
  const days = daysSince2000(century * 100 + digits(2), digits(5), digits(8))
  let micros = (days * DAY_SECONDS + (digits(11) * 60 + digits(14)) * 60 + digits(17)) * 1_000_000
  let at = from + 19
  if (bytes[at] === DOT) {
    let unit = 100_000
    for (let byte = bytes[++at] ?? 0; byte >= ZERO && unit >= 1; byte = bytes[++at] ?? 0, unit /= 10)
      micros += (byte - ZERO) * unit
  }
  const isEnd = bytes[at] === PLUS && bytes[at + 1] === ZERO && bytes[at + 2] === ZERO && bytes[at + 3] === QUOTE
  return isEnd ? micros : undefined
}

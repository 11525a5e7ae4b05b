import type { Violation } from './command.ts'
import { readInstant } from './read-instant.ts'
import { DECIMAL, MAX_OBSERVATIONS, type Observation } from './observation.ts'
import { isStorableText } from './storable.ts'

/** What was sent where one observation should be, and why it is none. `code` is for counting. */
export interface ObservationFault extends Violation {
  readonly code:
    | 'not_json'
    | 'too_many'
    | 'not_an_object'
    | 'unknown_field'
    | 'bad_value'
    | 'bad_time'
    | 'future'
    | 'bad_label'
}

export type ReadObservation = { readonly observation: Observation } | { readonly fault: ObservationFault }

const FIELDS = new Set(['value', 'observed_at', 'hash', 'id', 'provider'])

/**
 * The observations of a message: one JSON object, or an array of them; each read or refused alone, in their order.
 * Numbers keep the digits that they were written with. `latestMs`: what lies after it (milliseconds since 1970) is refused.
 */
export function readObservations(text: string, latestMs: number): ReadObservation[] {
  const json = parseExactly(text)
  if (json === undefined) return [refused('not_json', '', 'must be JSON')]
  if (!Array.isArray(json)) return [readObservation(json, latestMs)]
  if (json.length > MAX_OBSERVATIONS)
    return [refused('too_many', '', `must be at most ${MAX_OBSERVATIONS} observations, not ${json.length}`)]
  return json.map((one, index) => readObservation(one, latestMs, `[${index}].`))
}

/** One observation from JSON that {@link parseExactly} parsed; `path` begins the names of fields at fault. */
export function readObservation(json: unknown, latestMs: number, path = ''): ReadObservation {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof Digits)
    return refused('not_an_object', path, 'must be an object with value and observed_at')
  for (const key of Object.keys(json))
    if (!FIELDS.has(key)) return refused('unknown_field', `${path}${key.slice(0, 64)}`, 'is no field of an observation')
  const sent = json as Readonly<Record<string, unknown>>
  const value = sent['value']
  if (!(value instanceof Digits || typeof value === 'string') || !DECIMAL.test(String(value)))
    return refused(
      'bad_value',
      `${path}value`,
      'must be a finite decimal number of at most 64 digits before and after the point',
    )
  const observedAt = sent['observed_at']
  const instant =
    observedAt instanceof Digits || typeof observedAt === 'string' ? readInstant(String(observedAt)) : undefined
  if (instant === undefined)
    return refused(
      'bad_time',
      `${path}observed_at`,
      'must be RFC 3339 with an offset or seconds since 1970, to the microsecond',
    )
  if (instant.ms > latestMs)
    return refused(
      'future',
      `${path}observed_at`,
      `must not be later than ${new Date(latestMs).toISOString()}: check the clock`,
    )
  for (const field of ['hash', 'id', 'provider'] as const)
    if (!isLabel(sent[field])) return refused('bad_label', `${path}${field}`, 'must be text of 1 to 128 characters')
  const { hash, id, provider } = sent as Readonly<Record<string, string | null | undefined>>
  return {
    observation: {
      value: String(value),
      at: instant.text,
      atMs: instant.ms,
      hash: hash ?? null,
      id: id ?? null,
      provider: provider ?? null,
    },
  }
}

/** A JSON number as it was written. */
class Digits {
  readonly #source: string

  constructor(source: string) {
    this.#source = source
  }

  toString(): string {
    return this.#source
  }
}

/**
 * JSON with its numbers as they were written; `undefined` if the text is none. A plain parse, and a look for the numbers of
 * a flat object in its text, is four times quicker than a parse that asks for each: that is left for what is not flat.
 */
export function parseExactly(text: string): unknown {
  try {
    const plain: unknown = JSON.parse(text)
    return hasNumbers(plain) ? (withDigits(plain, text) ?? JSON.parse(text, exactly)) : plain
  } catch {
    return undefined
  }
}

const NUMBER = /\s*:\s*(-?\d[\d.eE+-]*)/y

/** The object with its numbers as they were written, if it is flat and it is plain where they stand. */
function withDigits(plain: unknown, text: string): object | undefined {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return undefined
  const exact = plain as Record<string, unknown>
  for (const [key, value] of Object.entries(exact)) {
    if (typeof value === 'object' && value !== null) return undefined
    if (typeof value !== 'number') continue
    // Within a text every quote is escaped, so this is a key; of one that comes twice the last counts.
    const written = `"${key}"`
    NUMBER.lastIndex = text.lastIndexOf(written) + written.length
    const source = NUMBER.exec(text)?.[1]
    if (source === undefined || Number(source) !== value) return undefined
    exact[key] = new Digits(source)
  }
  return exact
}

function hasNumbers(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return typeof json === 'number'
  return Object.values(json).some(hasNumbers)
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new Digits(context?.source ?? '') : value
}

function isLabel(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'string' && value.length > 0 && value.length <= 128 && isStorableText(value)
}

function refused(code: ObservationFault['code'], field: string, message: string): ReadObservation {
  return { fault: { code, field: field === '' ? 'body' : field.replace(/\.$/, ''), message } }
}

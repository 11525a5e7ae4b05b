import { z } from 'zod'
import { isStorableText } from './storable.ts'

/** Most observations in one message, and the size of the largest message, in bytes. */
export const MAX_OBSERVATIONS = 1000
export const MAX_OBSERVATION_BYTES = 256 * 1024

/** A decimal number as its source wrote it. No double ever holds it: the digits are what was measured. */
export const DECIMAL = /^-?(?:0|[1-9]\d{0,63})(?:\.\d{1,64})?(?:[eE][+-]?\d{1,2})?$/
/** RFC 3339, to the microsecond. */
export const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([Zz])|([+-])(\d\d):(\d\d))$/
/** Seconds since 1970, to the microsecond. */
export const EPOCH_SECONDS = /^(\d{1,11})(?:\.(\d{1,6}))?$/

const label = (what: string) => z.string().min(1).max(128, `${what} is at most 128 characters`).refine(isStorableText)

/**
 * One observation as devices send it: alone or as an array, on `telemetry.<device>.<channel>`. What identifies it within
 * its channel and moment is `id`, else `hash`, else value and provider: sent again it is stored once.
 * For people and OpenAPI; what reads it without losing a digit is `readObservations`.
 */
export const observationInput = z.strictObject({
  value: z
    .union([z.string().regex(DECIMAL, 'must be a decimal number'), z.number()])
    .describe('A decimal number, as text or as a JSON number; its digits are kept as they are written'),
  observed_at: z
    .union([z.string(), z.number()])
    .describe('RFC 3339 with an offset, or seconds since 1970 as text or number; to the microsecond'),
  hash: label('a hash').nullable().optional(),
  id: label('an id').nullable().optional(),
  provider: label('a provider').nullable().optional(),
})
export type ObservationInput = z.input<typeof observationInput>

/** One observation, read. */
export interface Observation {
  /** Decimal digits as they were written. */
  readonly value: string
  /** RFC 3339 in UTC. */
  readonly at: string
  /** The same in milliseconds since 1970. */
  readonly atMs: number
  readonly hash: string | null
  readonly id: string | null
  readonly provider: string | null
}

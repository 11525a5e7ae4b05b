import { z } from 'zod'
import { isStorableText } from './storable.ts'

/** Names a thing of the fleet for ever; given by whoever registers it. Valid as a token of a subject as it is. */
export const fleetId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, hyphens or underscores')

/** A person's or a thing's name, as people write it. */
export const fleetName = z
  .string()
  .trim()
  .min(1, 'a name must not be empty')
  .max(200, 'a name is at most 200 characters')
  .refine(isStorableText, 'a name must not hold NUL or lone surrogates')

export const emailAddress = z
  .email('must be an e-mail address such as ann@example.com')
  .max(254, 'an e-mail address is at most 254 characters')

/** As people write it: digits, spaces and `+ - . ( ) /`. */
export const phoneNumber = z
  .string()
  .trim()
  .regex(/^\+?[0-9 ()./-]{2,31}$/, 'must be a telephone number such as +1 206 555 0100')

/** A free text about a thing of the fleet. */
export const fleetText = z
  .string()
  .trim()
  .min(1, 'must not be empty; null clears it')
  .max(1000, 'is at most 1,000 characters')
  .refine(isStorableText, 'must not hold NUL or lone surrogates')

/** A time zone by its IANA name. */
export const timeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as America/Los_Angeles')

function isTimeZone(name: string): boolean {
  try {
    // An offset such as +01:00 would be taken too, and is no zone: it knows no summer.
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}

/** Degrees between `-most` and `most`, as a number or its decimal text; kept as text, so that no digit is lost or made up. */
const degrees = (most: number) =>
  z
    .union([z.number(), z.string().regex(/^-?\d{1,3}(\.\d{1,15})?$/, 'must be decimal degrees such as 47.6062')])
    .transform(String)
    .refine((text) => /^-?\d{1,3}(\.\d{1,15})?$/.test(text) && Math.abs(Number(text)) <= most, {
      message: `must be decimal degrees between -${most} and ${most}, with at most 15 decimals`,
    })
export const latitude = degrees(90)
export const longitude = degrees(180)

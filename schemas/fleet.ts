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

import { z } from 'zod'
import { channelId } from './ids.ts'
import { isStorableJson, isStorableText } from './storable.ts'
import { fitsToken } from './subjects.ts'

/** What a name stands for: a channel (UUID) or an endpoint (http or https URL). */
export const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('channel'), channelId }),
  z.strictObject({
    kind: z.literal('endpoint'),
    url: z
      .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
      .max(500, 'a URL is at most 500 characters')
      .refine(isStorableText, 'a URL must not hold NUL or lone surrogates'),
  }),
])
export type Target = z.infer<typeof target>

/** The name as people write it. Upper and lower case are kept and shown, but make no difference in a lookup. */
export const aliasName = z
  .string()
  .min(1, 'a name must not be empty')
  .max(255, 'a name is at most 255 characters')
  .refine(
    (text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text),
    'a name must not hold control characters',
  )
  .refine((text) => text.trim() === text, 'a name must not begin or end with a space')
  .refine(fitsToken, 'a name is too long: its escaped form is at most 512 bytes')
export type AliasName = z.infer<typeof aliasName>

export const description = z
  .string()
  .max(4000, 'a description is at most 4,000 characters')
  .refine(isStorableText, 'a description must not hold NUL or lone surrogates')

/** Who answers for an alias: an actor's id, or the name of a team. */
export const owner = z
  .string()
  .min(1, 'an owner must not be empty')
  .max(256, 'an owner is at most 256 characters')
  .refine(isStorableText, 'an owner must not hold NUL or lone surrogates')

/** Free JSON that travels with the alias. */
export const metadata = z
  .record(z.string().max(256), z.unknown())
  .refine((value) => isStorableJson(value), {
    abort: true,
    message: 'metadata must not be deeper than 32, nor hold NUL, lone surrogates or numbers too large for a double',
  })
  .refine((value) => JSON.stringify(value).length <= 16_384, 'metadata is at most 16 KiB of JSON')

/** A moment to the millisecond, as RFC 3339 with any offset; kept in UTC. */
export const instant = z.iso
  .datetime({ offset: true, message: 'must be a time such as 2026-03-01T12:00:00Z' })
  .transform((text) => new Date(text).toISOString())

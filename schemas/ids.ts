import { z } from 'zod'
import { isStorableText } from './storable.ts'

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** Chosen by the sender of a command; sending it again is asking for the same outcome again. A ULID. */
export const commandId = z
  .string()
  .regex(ULID, 'must be a ULID (26 characters of Crockford base 32)')
  .brand<'CommandId'>()
export type CommandId = z.infer<typeof commandId>

/** CloudEvents `id` of one event. A ULID. */
export const eventId = z.string().regex(ULID).brand<'EventId'>()
export type EventId = z.infer<typeof eventId>

/** Who acts: the `sub` of a token, or `api-key:<id>`. Comes from the credential, never from a request body. */
export const actorId = z
  .string()
  .min(1)
  .max(256)
  .refine(isStorableText, 'must not hold NUL or lone surrogates')
  .brand<'ActorId'>()
export type ActorId = z.infer<typeof actorId>

/** One alias through all its renames and retargets: its history does not split. A ULID. */
export const aliasId = z.string().regex(ULID).brand<'AliasId'>()
export type AliasId = z.infer<typeof aliasId>

/** A stream of observations. A UUID, lower case. */
export const channelId = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a UUID')
  .brand<'ChannelId'>()
export type ChannelId = z.infer<typeof channelId>

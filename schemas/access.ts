import { z } from 'zod'

/** Names one API key for ever: shown, logged, never secret. No `_`, since that is what ends it within a key's text. */
export const apiKeyId = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1 to 64 letters, digits or hyphens')
  .brand<'ApiKeyId'>()
export type ApiKeyId = z.infer<typeof apiKeyId>

/** What people call the key: who holds it, and what for. */
export const apiKeyLabel = z
  .string()
  .trim()
  .min(1, 'a label must not be empty')
  .max(200, 'a label is at most 200 characters')

/** HMAC-SHA256 of the key's secret, as hex: enough to recognise the secret, useless to make it. */
export const apiKeyDigest = z.string().regex(/^[0-9a-f]{64}$/, 'must be an HMAC-SHA256 as 64 lower-case hex digits')

import { z } from 'zod'
import { apiKeyDigest, apiKeyId, apiKeyLabel } from '../access.ts'
import { actor } from '../actor.ts'
import { instant } from '../alias.ts'

/** Command data by command type. The secret itself is in no command: whoever makes the key sends its digest. */
export const accessCommandData = {
  'access.issue-api-key': z.strictObject({
    apiKeyId,
    label: apiKeyLabel,
    digest: apiKeyDigest,
    roles: actor.shape.roles,
    /** Confines the key. Left out: everywhere that its roles reach. */
    scopes: actor.shape.scopes,
    /** `null`: until it is revoked. */
    expiresAt: instant.nullable().default(null),
  }),
  'access.revoke-api-key': z.strictObject({ apiKeyId }),
} as const

export type AccessCommandType = keyof typeof accessCommandData
export type AccessCommand = {
  [T in AccessCommandType]: { readonly type: T; readonly data: z.infer<(typeof accessCommandData)[T]> }
}[AccessCommandType]

import { z } from 'zod'
import { apiKeyDigest, apiKeyId, apiKeyLabel } from '../access.ts'
import { actor } from '../actor.ts'

/** Event data by event name, in its newest version; `upcasters.ts` says which that is. */
export const accessEventData = {
  'api-key.issued': z.strictObject({
    apiKeyId,
    label: apiKeyLabel,
    digest: apiKeyDigest,
    roles: actor.shape.roles,
    scopes: actor.shape.scopes,
    expiresAt: z.iso.datetime({ precision: 3 }).nullable(),
  }),
  'api-key.revoked': z.strictObject({ apiKeyId }),
} as const

export type AccessEventName = keyof typeof accessEventData
export type AccessEvent = {
  [N in AccessEventName]: { readonly type: N; readonly data: z.infer<(typeof accessEventData)[N]> }
}[AccessEventName]

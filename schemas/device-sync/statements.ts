import { z } from 'zod'
import { epoch } from '../position.ts'
import { deviceId, manifestId } from './manifest.ts'

/**
 * Says that a manifest is the device's newest. Content does not expire, this does: a device that holds it still cannot
 * be shown old content for new. A JWS in compact form, `typ` `pharos-freshness+jwt`, by the key that signs manifests.
 */
export const freshness = z.strictObject({
  deviceId,
  manifestId,
  epoch,
  issuedAt: z.iso.datetime({ precision: 3 }),
  expiresAt: z.iso.datetime({ precision: 3 }),
})
export type Freshness = z.infer<typeof freshness>

/**
 * The keys that may sign manifests and freshness now. A JWS in compact form, `typ` `pharos-signing-keys+jwt`, by the
 * root key, whose public half a device is provisioned with: signing keys change without a visit to any device.
 */
export const signingKeys = z.strictObject({
  /** Grows with every statement: a device refuses an older one than it has seen. */
  version: z.int().min(1),
  issuedAt: z.iso.datetime({ precision: 3 }),
  keys: z
    .array(
      z.strictObject({
        kid: z.string().min(1).max(64),
        /** Raw Ed25519 public key, base64url. */
        x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      }),
    )
    .min(1)
    .max(8),
})
export type SigningKeys = z.infer<typeof signingKeys>

export const FRESHNESS_TYPE = 'pharos-freshness+jwt'
export const SIGNING_KEYS_TYPE = 'pharos-signing-keys+jwt'
export const MANIFEST_TYPE = 'pharos-manifest+jws'

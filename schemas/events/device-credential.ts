import { z } from 'zod'
import { apiKeyId } from '../access.ts'
import { devicePublicKey } from '../device-credential.ts'
import { deviceId } from '../device-sync/manifest.ts'

const time = z.iso.datetime({ precision: 3 })

/** Event data by event name, in its newest version; `upcasters.ts` says which that is. */
export const deviceCredentialEventData = {
  /** From here on this is the device's one credential. */
  'device-credential.provisioned': z.strictObject({
    deviceId,
    mac: z.string(),
    publicKey: devicePublicKey.optional(),
    apiKeyId,
    issuedAt: time,
    expiresAt: time,
  }),
  /** From here on the device has none. */
  'device-credential.revoked': z.strictObject({ deviceId, reason: z.string().optional() }),
} as const

export type DeviceCredentialEventName = keyof typeof deviceCredentialEventData
export type DeviceCredentialEvent = {
  [N in DeviceCredentialEventName]: { readonly type: N; readonly data: z.infer<(typeof deviceCredentialEventData)[N]> }
}[DeviceCredentialEventName]

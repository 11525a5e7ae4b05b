import { z } from 'zod'
import { apiKeyId } from '../access.ts'
import { instant } from '../alias.ts'
import { devicePublicKey } from '../device-credential.ts'
import { deviceId } from '../device-sync/manifest.ts'
import { macAddress } from '../mac-address.ts'

/** Command data by command type. No secret is in any: they are made where they are used. */
export const deviceCredentialCommandData = {
  /** Gives a device a credential; whatever it had before ends. */
  'device-credential.provision': z.strictObject({
    deviceId,
    /** By which name the device asks for its data over HTTP. */
    mac: macAddress,
    /** What it proves itself with to NATS. Left out: it has HTTP only. */
    publicKey: devicePublicKey.optional(),
    /** What it proves itself with over HTTP; issued before. */
    apiKeyId,
    expiresAt: instant,
  }),
  'device-credential.revoke': z.strictObject({
    deviceId,
    /** For people: why. */
    reason: z.string().trim().min(1).max(500).optional(),
  }),
} as const

export type DeviceCredentialCommandType = keyof typeof deviceCredentialCommandData
export type DeviceCredentialCommand = {
  [T in DeviceCredentialCommandType]: {
    readonly type: T
    readonly data: z.infer<(typeof deviceCredentialCommandData)[T]>
  }
}[DeviceCredentialCommandType]

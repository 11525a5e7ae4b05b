import type { DeviceId } from '../../schemas/device-sync/manifest.ts'

/** What makes a device's credential out of the decision that it shall have one. */
export interface DeviceEnrolment {
  /** Where devices find NATS. */
  readonly natsUrl: string
  /** Raw Ed25519 public key of the root that vouches for signing keys, base64url. */
  rootKey(): Promise<string>
  /** Absent: NATS is not in operator mode, or its keys are elsewhere; a device can be given HTTP only. */
  readonly mintJwt?: (device: {
    readonly deviceId: DeviceId
    readonly publicKey: string
    /** Seconds since 1970, both. */
    readonly issuedAt: number
    readonly expiresAt: number
  }) => string
}

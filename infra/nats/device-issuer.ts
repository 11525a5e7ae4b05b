import { z } from 'zod'
import { deviceId, type DeviceId } from '../../schemas/device-sync/manifest.ts'
import { encodeNatsJwt } from './nats-jwt.ts'
import { isPublicNkey, type Nkey, nkeyFromSeed } from './nkey.ts'

/** Signs credentials of devices, and can sign nothing else: its key is scoped to the rights of a device. */
export interface DeviceIssuer {
  /** Public key of account DEVICES. */
  readonly account: string
  readonly role: Nkey
}

const file = z.strictObject({
  account: z.string().refine((text) => isPublicNkey('account', text), 'must be a public account key'),
  roleSeed: z.string(),
})

export function formatDeviceIssuer({ account, role }: DeviceIssuer): string {
  return `${JSON.stringify({ account, roleSeed: role.seed } satisfies z.infer<typeof file>, undefined, 2)}\n`
}

/** @throws z.ZodError, SyntaxError or RangeError when the text is not what {@link formatDeviceIssuer} writes. */
export function parseDeviceIssuer(text: string): DeviceIssuer {
  const { account, roleSeed } = file.parse(JSON.parse(text))
  return { account, role: nkeyFromSeed('account', roleSeed) }
}

/**
 * The JWT that lets whoever has `publicKey`'s seed in as that device. Times are seconds since 1970.
 * @throws z.ZodError when the id is not one: the server would grant a device named `*` what belongs to all.
 */
export function deviceJwt(
  { account, role }: DeviceIssuer,
  device: {
    readonly deviceId: DeviceId
    readonly publicKey: string
    readonly issuedAt: number
    readonly expiresAt: number
  },
): string {
  const { publicKey, issuedAt, expiresAt } = device
  return encodeNatsJwt(role, publicKey, {
    name: deviceId.parse(device.deviceId),
    issuedAt,
    expiresAt,
    // No rights of its own: they are those of the key that signs.
    nats: { type: 'user', issuer_account: account },
  })
}

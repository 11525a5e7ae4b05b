import type { MsgHdrs } from '@nats-io/transport-node'
import { z } from 'zod'
import { type DeviceId, deviceId } from '../../schemas/device-sync/manifest.ts'

/**
 * What the server says of a request that came from another account, whatever the sender wrote there. Not its `user`, which
 * is whatever the client called itself: `jwt` is the credential that the server has verified.
 */
const requestInfo = z.object({ acc: z.string(), name_tag: z.string(), jwt: z.string() })
const credentialClaims = z.object({ sub: z.string() })

export type AskingDevice =
  /** `publicKey`: of the credential that it has come in with. */
  | { readonly status: 'proven'; readonly deviceId: DeviceId; readonly publicKey: string }
  /** `name`: who it is, as far as that is known. */
  | { readonly status: 'impostor'; readonly name: string | undefined }

/**
 * Which device asks on `device.<id>.<verb>`: the one that the server vouches for (account DEVICES, name of its
 * credential), if that is the one in the subject. The second wall behind the permissions of the credential.
 */
export function askingDevice(subject: string, headers: MsgHdrs | undefined, devicesAccount: string): AskingDevice {
  const [told, ...more] = headers?.values('Nats-Request-Info') ?? []
  const info = more.length === 0 ? requestInfo.safeParse(parse(told)) : undefined
  if (info?.success !== true || info.data.acc !== devicesAccount) return { status: 'impostor', name: undefined }
  const id = deviceId.safeParse(subject.split('.')[1])
  if (!id.success || id.data !== info.data.name_tag) return { status: 'impostor', name: info.data.name_tag }
  const claims = credentialClaims.safeParse(parse(payloadOf(info.data.jwt)))
  if (!claims.success) return { status: 'impostor', name: info.data.name_tag }
  return { status: 'proven', deviceId: id.data, publicKey: claims.data.sub }
}

function payloadOf(jwt: string): string {
  return Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

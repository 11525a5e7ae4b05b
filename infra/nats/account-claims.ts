import { encodeNatsJwt } from './nats-jwt.ts'
import type { NatsAuthority } from './nats-authority.ts'

/** By public user key: the second up to which credentials of that key do not count. */
export type Revocations = Readonly<Record<string, number>>

type Crossing = { readonly subject: string } & (
  | { readonly type: 'service'; readonly response: 'Singleton' }
  | { readonly type: 'stream' }
)

/**
 * All that crosses between devices and the platform. Wildcards only: the device's own token is granted by its
 * credential, and which device asks is told by the server (`share`), which no header of the device can forge.
 */
const CROSSINGS: readonly Crossing[] = [
  { subject: 'telemetry.*.>', type: 'service', response: 'Singleton' },
  { subject: 'device.*.sync', type: 'service', response: 'Singleton' },
  { subject: 'device.*.fetch', type: 'service', response: 'Singleton' },
  { subject: 'device.*.ack', type: 'service', response: 'Singleton' },
  { subject: 'device.*.wake', type: 'stream' },
]

/** What a device's credential allows, whatever it says: the server fills in the name in it. */
const DEVICE_TEMPLATE = {
  pub: {
    allow: ['telemetry.{{name()}}.>', 'device.{{name()}}.sync', 'device.{{name()}}.fetch', 'device.{{name()}}.ack'],
  },
  sub: { allow: ['device.{{name()}}.wake', '_INBOX_{{name()}}.>'] },
  subs: 16,
  data: -1,
  payload: 64 * 1024,
  allowed_connection_types: ['STANDARD', 'WEBSOCKET'],
}

/** An absent limit means 0. No leaf nodes: a leaf would bring its own accounts. */
const LIMITS = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: 0 }
const STORAGE = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }

/** The accounts that there are, by name. */
export const ACCOUNTS = ['SYS', 'APP', 'DEVICES'] as const
export type AccountName = (typeof ACCOUNTS)[number]

/** The public key of an account. */
export function accountKey(authority: NatsAuthority, name: AccountName): string {
  return { SYS: authority.system, APP: authority.app.publicKey, DEVICES: authority.devices }[name]
}

/** An account's JWT as this version wants it. The same arguments give the same text. @param issuedAt in seconds. */
export function accountJwt(
  authority: NatsAuthority,
  name: AccountName,
  issuedAt: number,
  revocations: Revocations = {},
): string {
  const parts = {
    SYS: () => ({ limits: LIMITS }),
    APP: () => ({ limits: { ...LIMITS, ...STORAGE }, exports: CROSSINGS.map(exported) }),
    DEVICES: () => ({
      limits: LIMITS,
      imports: CROSSINGS.map((crossing) => imported(authority, crossing, issuedAt)),
      signing_keys: [{ kind: 'user_scope', key: authority.deviceRole, role: 'device', template: DEVICE_TEMPLATE }],
      ...(Object.keys(revocations).length === 0 ? {} : { revocations }),
    }),
  }
  const nats = { type: 'account', ...parts[name]() }
  return encodeNatsJwt(authority.signer, accountKey(authority, name), { name, issuedAt, nats })
}

function exported(crossing: Crossing): object {
  const { subject, type } = crossing
  const response = crossing.type === 'service' ? { response_type: crossing.response } : {}
  // Private: only whoever holds an activation token may import.
  return { name: subject, subject, type, token_req: true, ...response }
}

function imported(authority: NatsAuthority, { subject, type }: Crossing, issuedAt: number): object {
  const { app, devices } = authority
  const token = encodeNatsJwt(app, devices, {
    name: subject,
    issuedAt,
    nats: { type: 'activation', subject, kind: type },
  })
  return {
    name: subject,
    subject,
    account: app.publicKey,
    type,
    token,
    // The server says who asks, in Nats-Request-Info.
    ...(type === 'service' ? { share: true } : {}),
  }
}

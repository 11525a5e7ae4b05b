import { z } from 'zod'
import { type Nkey, isPublicNkey, newNkey, nkeyFromSeed } from './nkey.ts'
import { credsFile, encodeNatsJwt } from './nats-jwt.ts'

/** What NATS in operator mode is governed with: enough to say what the accounts are, not to replace the operator. */
export interface NatsAuthority {
  readonly operatorJwt: string
  /** A signing key of the operator: signs account JWTs. */
  readonly signer: Nkey
  /** Public key of account SYS. */
  readonly system: string
  /** Account APP: JetStream, and all that the platform does. */
  readonly app: Nkey
  /** Public key of account DEVICES. */
  readonly devices: string
  /** Public key of the scoped key that signs devices' credentials. */
  readonly deviceRole: string
  /** Creds of the one user of SYS, who may look up and replace account JWTs and nothing else. */
  readonly claimsCreds: string
}

/** An authority just made, with the secrets that no process of the platform needs again. */
export interface NewNatsAuthority {
  readonly authority: NatsAuthority
  readonly deviceRole: Nkey
  /** By name of what it is the identity of. Whoever has the operator's can do everything: keep them elsewhere. */
  readonly identities: Readonly<Record<'operator' | 'system' | 'devices', Nkey>>
}

/** @param issuedAt seconds since 1970. */
export function newNatsAuthority(issuedAt: number): NewNatsAuthority {
  const [operator, signer] = [newNkey('operator'), newNkey('operator')]
  const [system, app, devices, deviceRole] = [
    newNkey('account'),
    newNkey('account'),
    newNkey('account'),
    newNkey('account'),
  ]
  const operatorJwt = encodeNatsJwt(operator, operator.publicKey, {
    name: 'pharos',
    issuedAt,
    nats: { type: 'operator', signing_keys: [signer.publicKey], system_account: system.publicKey },
  })
  const claimsUser = newNkey('user')
  const claimsJwt = encodeNatsJwt(system, claimsUser.publicKey, {
    name: 'pharos-claims',
    issuedAt,
    nats: {
      type: 'user',
      pub: { allow: ['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP'] },
      sub: { allow: ['_INBOX.>'] },
      subs: -1,
      data: -1,
      payload: -1,
    },
  })
  return {
    authority: {
      operatorJwt,
      signer,
      system: system.publicKey,
      app,
      devices: devices.publicKey,
      deviceRole: deviceRole.publicKey,
      claimsCreds: credsFile(claimsJwt, claimsUser.seed),
    },
    deviceRole,
    identities: { operator, system, devices },
  }
}

/** Creds of a new user of account APP who may do everything there: a process of the platform. */
export function appCreds({ app }: Pick<NatsAuthority, 'app'>, name: string, issuedAt: number): string {
  const user = newNkey('user')
  const nats = { type: 'user', pub: {}, sub: {}, subs: -1, data: -1, payload: -1 }
  return credsFile(encodeNatsJwt(app, user.publicKey, { name, issuedAt, nats }), user.seed)
}

const publicAccount = z.string().refine((text) => isPublicNkey('account', text), 'must be a public account key')

/** As it is kept in a file. */
const authorityFile = z.strictObject({
  operatorJwt: z.string(),
  operatorSigningSeed: z.string(),
  systemAccount: publicAccount,
  appSeed: z.string(),
  devicesAccount: publicAccount,
  deviceRole: publicAccount,
  claimsCreds: z.string(),
})

export function formatNatsAuthority(authority: NatsAuthority): string {
  const { operatorJwt, signer, system, app, devices, deviceRole, claimsCreds } = authority
  const file: z.infer<typeof authorityFile> = {
    operatorJwt,
    operatorSigningSeed: signer.seed,
    systemAccount: system,
    appSeed: app.seed,
    devicesAccount: devices,
    deviceRole,
    claimsCreds,
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/** @throws z.ZodError, SyntaxError or RangeError when the text is not what {@link formatNatsAuthority} writes. */
export function parseNatsAuthority(text: string): NatsAuthority {
  const file = authorityFile.parse(JSON.parse(text))
  return {
    operatorJwt: file.operatorJwt,
    signer: nkeyFromSeed('operator', file.operatorSigningSeed),
    system: file.systemAccount,
    app: nkeyFromSeed('account', file.appSeed),
    devices: file.devicesAccount,
    deviceRole: file.deviceRole,
    claimsCreds: file.claimsCreds,
  }
}

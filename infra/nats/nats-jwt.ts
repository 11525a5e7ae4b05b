import { createHash } from 'node:crypto'
import type { Nkey } from './nkey.ts'

/** What a NATS JWT says, without who says it about whom. `nats` is the part that servers read. */
export interface NatsClaims {
  readonly name: string
  /** Seconds since 1970, both. A resolver keeps the account JWT that was issued later. */
  readonly issuedAt: number
  readonly expiresAt?: number
  readonly nats: Readonly<Record<string, unknown>> & { readonly type: string }
}

/**
 * A JWT as NATS in operator mode takes it, version 2: about `subject` (a public key), signed by `issuer`. The same claims
 * give the same text.
 */
export function encodeNatsJwt(issuer: Nkey, subject: string, claims: NatsClaims): string {
  const { name, issuedAt, expiresAt, nats } = claims
  const body = {
    iat: issuedAt,
    iss: issuer.publicKey,
    name,
    sub: subject,
    ...(expiresAt === undefined ? {} : { exp: expiresAt }),
    nats: { ...nats, version: 2 },
  }
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const signed = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { jti, ...body },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`
}

/** What an account's JWT says, unverified: it comes from the server that took it. */
export function decodeNatsJwt(jwt: string): { readonly iat: number; readonly nats: Readonly<Record<string, unknown>> } {
  const body: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
  if (typeof body !== 'object' || body === null || !('nats' in body) || !('iat' in body))
    throw new TypeError('not a NATS JWT')
  return { iat: Number(body.iat), nats: Object(body.nats) as Record<string, unknown> }
}

/** Content of a `.creds` file: a user's JWT and the seed of the key that it is about. */
export function credsFile(jwt: string, seed: string): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    'Whoever has this seed is that user. Keep it secret.',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
}

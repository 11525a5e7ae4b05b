import { SignJWT } from 'jose/jwt/sign'
import type { Role } from '../../schemas/actor.ts'
import type { Scope } from '../../schemas/scope.ts'

export interface TokenRequest {
  readonly sub: string
  readonly roles: readonly Role[]
  readonly scopes?: readonly Scope[]
  readonly ttlSeconds: number
  readonly issuer: string
  readonly audience: string
  /** The instant of issue, epoch milliseconds. */
  readonly at: number
}

/** A JWT (HS256) that {@link Authenticator} takes where it verifies with the same `SECRET_KEY`. */
export async function issueToken(secretKey: Uint8Array, request: TokenRequest): Promise<string> {
  const { sub, roles, scopes, ttlSeconds, issuer, audience, at } = request
  const issuedAt = Math.floor(at / 1000)
  return new SignJWT({ roles, ...(scopes === undefined ? {} : { scopes }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds)
    .sign(secretKey)
}

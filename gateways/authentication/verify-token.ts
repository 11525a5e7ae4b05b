import * as errors from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import { z } from 'zod'
import { actor } from '../../schemas/actor.ts'
import { type Verification, unauthorized } from './authentication.ts'
import { isVerdict } from './is-verdict.ts'
import type { TokenKey } from './token-key.ts'

export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Claims that a token must hold besides `iss` and `aud`. The name space of API keys is not for tokens. */
const claims = z.object({
  sub: actor.shape.id.refine((id) => !id.startsWith('api-key:'), 'is reserved for API keys'),
  roles: actor.shape.roles,
  scopes: actor.shape.scopes,
  exp: z.int(),
})

/** Verifies a JWT: signature under a pinned algorithm, issuer, audience, life time, and claims that make an actor. */
export async function verifyToken(
  token: string,
  { key, algorithms }: TokenKey,
  rules: TokenRules,
): Promise<Verification> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      issuer: rules.issuer,
      audience: rules.audience,
      requiredClaims: ['exp', 'sub', 'roles'],
      currentDate: new Date(rules.now()),
    })
    const read = claims.safeParse(payload)
    if (!read.success) return unauthorized(`the token's claim "${String(read.error.issues[0]?.path[0])}" is not valid`)
    const { sub, roles, scopes, exp } = read.data
    return { status: 'ok', actor: { id: sub, roles, scopes }, until: exp * 1000 }
  } catch (error) {
    return refusal(error)
  }
}

/** Says what the sender can mend, never what the key is. What is no verdict on the token is an outage of the key set. */
function refusal(error: unknown): Verification {
  if (error instanceof errors.JWTExpired) return unauthorized('the token has expired')
  if (error instanceof errors.JWTClaimValidationFailed)
    return unauthorized(`the token's claim "${error.claim}" is not valid`)
  if (isVerdict(error)) return unauthorized('the token is not valid')
  return { status: 'unavailable', message: 'the keys that tokens are verified with cannot be reached' }
}

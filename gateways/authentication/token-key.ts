import type { JWTVerifyGetKey } from 'jose/jwt/verify'

/** What tokens are verified with, and the algorithms that go with it: a token never chooses its own. */
export interface TokenKey {
  readonly key: JWTVerifyGetKey
  readonly algorithms: readonly string[]
}

/** One secret, known here: HS256 and nothing else. */
export function secretTokenKey(secretKey: Uint8Array): TokenKey {
  return { key: () => secretKey, algorithms: ['HS256'] }
}

/** Public keys: asymmetric algorithms only, or a public key would pass as an HMAC secret. */
export function publicTokenKey(keys: JWTVerifyGetKey): TokenKey {
  return {
    key: keys,
    algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  }
}

import { LRUCache } from 'lru-cache'
import type { Actor } from '../../schemas/actor.ts'
import { type ApiKeyRules, verifyApiKey } from './verify-api-key.ts'
import { type Authentication, type Verification, type Verified, unauthorized } from './authentication.ts'
import { readCredential } from './credential.ts'
import type { TokenKey } from './token-key.ts'
import { type TokenRules, verifyToken } from './verify-token.ts'

export interface AuthenticatorPorts extends ApiKeyRules, TokenRules {
  readonly tokenKey: TokenKey
  /** Verified credentials remembered, most recently used. */
  readonly cacheSize?: number
}

/**
 * Says who acts, from a request's headers. A credential is verified once and then remembered: a token until it
 * expires (to the second), an API key for at most 5 s, so that its revocation holds by then. Failures are never remembered.
 */
export class Authenticator {
  readonly #ports: AuthenticatorPorts
  /** By the header as it came, which no forgery can share: a look-up costs no hash and no parse. */
  readonly #verified: LRUCache<string, Verified>
  /** Being verified now: a thousand requests with one new credential ask once. */
  readonly #pending = new Map<string, Promise<Verification>>()

  constructor(ports: AuthenticatorPorts) {
    this.#ports = ports
    this.#verified = new LRUCache({ max: ports.cacheSize ?? 10_000 })
  }

  /** The actor of a remembered credential, without waiting; otherwise `undefined`, and {@link authenticate} must say. */
  remembered(authorization: string | undefined, apiKey: string | undefined): Actor | undefined {
    if ((authorization === undefined) === (apiKey === undefined)) return undefined
    const known = this.#verified.get(apiKey ?? authorization ?? '')
    return known !== undefined && this.#ports.now() < known.until ? known.actor : undefined
  }

  async authenticate(authorization: string | undefined, apiKey: string | undefined): Promise<Authentication> {
    const actor = this.remembered(authorization, apiKey)
    if (actor !== undefined) return { status: 'ok', actor }
    const header = apiKey ?? authorization
    if (header === undefined) return unauthorized('send a token or an API key')
    const key = authorization !== undefined && apiKey !== undefined ? undefined : header
    const verification = await (key === undefined
      ? this.#verify(authorization, apiKey)
      : this.#once(key, authorization, apiKey))
    if (verification.status !== 'ok') return verification
    if (key !== undefined) this.#verified.set(key, verification)
    return { status: 'ok', actor: verification.actor }
  }

  async #once(key: string, authorization: string | undefined, apiKey: string | undefined): Promise<Verification> {
    const running = this.#pending.get(key)
    if (running !== undefined) return running
    const started = this.#verify(authorization, apiKey).finally(() => this.#pending.delete(key))
    this.#pending.set(key, started)
    return started
  }

  async #verify(authorization: string | undefined, apiKey: string | undefined): Promise<Verification> {
    const credential = readCredential(authorization, apiKey)
    switch (credential.kind) {
      case 'none':
        return unauthorized('send a token or an API key')
      case 'malformed':
        return unauthorized(credential.message)
      case 'token':
        return verifyToken(credential.text, this.#ports.tokenKey, this.#ports)
      case 'api-key':
        return verifyApiKey(credential, this.#ports)
    }
  }
}

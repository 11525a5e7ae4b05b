import { createLocalJWKSet } from 'jose/jwks/local'
import { createRemoteJWKSet } from 'jose/jwks/remote'
import { isVerdict } from './is-verdict.ts'
import { publicTokenKey, type TokenKey } from './token-key.ts'

/** In milliseconds. */
export interface RemoteKeyTiming {
  /** Longest wait for the provider's answer. */
  readonly timeoutMs: number
  /** Keys are fetched anew when they are older: a key that is withdrawn is trusted no longer than this. */
  readonly maxAgeMs: number
  /** An unknown key id asks the provider again at most this often, and so does an outage. */
  readonly coolDownMs: number
}

const TIMING: RemoteKeyTiming = { timeoutMs: 5_000, maxAgeMs: 600_000, coolDownMs: 30_000 }

/**
 * The public keys at a JWKS URL. While the provider is away the last known keys go on counting, however old: an outage
 * there must not become one here. A key id that they do not have is then neither good nor bad.
 */
export function remoteTokenKey(url: URL, timing: Partial<RemoteKeyTiming> = {}): TokenKey {
  const { timeoutMs, maxAgeMs, coolDownMs } = { ...TIMING, ...timing }
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: maxAgeMs,
    cooldownDuration: coolDownMs,
  })
  let outage: { readonly error: unknown; readonly until: number } | undefined

  return publicTokenKey(async (header, token) => {
    if (outage === undefined || performance.now() >= outage.until) {
      try {
        const key = await remote(header, token)
        outage = undefined
        return key
      } catch (error) {
        if (isVerdict(error)) throw error
        outage = { error, until: performance.now() + coolDownMs }
      }
    }
    const { error } = outage
    const known = remote.jwks()
    if (known === undefined) throw error
    return createLocalJWKSet(known)(header, token).catch(() => Promise.reject(error))
  })
}

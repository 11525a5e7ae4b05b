import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ApiKeyId } from '../../schemas/access.ts'

/** A fresh API key: the text goes to its holder, once; only the digest is kept. */
export interface NewApiKey {
  readonly text: string
  readonly digest: string
}

/** Makes and recognises the secrets of API keys. What is stored about a secret is useless without `SECRET_KEY`. */
export class ApiKeySecrets {
  readonly #key: Uint8Array

  /** `secretKey`: `SECRET_KEY` as bytes; the key used here is derived, so no digest says anything about a token. */
  constructor(secretKey: Uint8Array) {
    this.#key = new Uint8Array(hkdfSync('sha256', secretKey, '', 'pharos api-key digest v1', 32))
  }

  /** `phk_<id>_<32 random bytes as base64url>`. */
  mint(apiKeyId: ApiKeyId): NewApiKey {
    const secret = randomBytes(32).toString('base64url')
    return { text: `phk_${apiKeyId}_${secret}`, digest: this.#digest(secret).toString('hex') }
  }

  /** Compares in a time that does not depend on where the digests differ. */
  matches(secret: string, digest: string): boolean {
    return timingSafeEqual(this.#digest(secret), Buffer.from(digest, 'hex'))
  }

  #digest(secret: string): Buffer {
    return createHmac('sha256', this.#key).update(secret).digest()
  }
}

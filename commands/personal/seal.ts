import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { drawRandom } from './draw-random.ts'

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM: base64url of nonce, ciphertext and tag. It opens with the same key, for the same place, only. A key seals
 * far fewer than the 2^32 messages that random nonces are good for.
 */
export function seal(key: KeyObject, content: string | Buffer, place: string): string {
  const iv = drawRandom(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, iv)
  cipher.setAAD(Buffer.from(place))
  const text = typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content)
  return Buffer.concat([iv, text, cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/** What was sealed; `undefined` when it is of another key or place, or was changed. */
export function open(key: KeyObject, sealed: string, place: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < IV_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

import { z } from 'zod'
import { decodeNkeyText } from './nkey-text.ts'

/** First byte of what a public key of a NATS user stands for. */
const USER = 20 << 3

/** Public half of the key that a device proves itself with to NATS. The other half never leaves the device. */
export const devicePublicKey = z.string().refine((text) => {
  const bytes = decodeNkeyText(text)
  return bytes?.length === 33 && bytes[0] === USER
}, 'must be the public key of a NATS user: U and 55 more letters')

/** Longest life of a credential: one that is forgotten ends. */
export const MAX_CREDENTIAL_DAYS = 3_660

import stringify from 'fast-json-stable-stringify'
import { z } from 'zod'
import { MANIFEST_TYPE } from '../../schemas/device-sync/statements.ts'
import { parseAs } from './parse-signed.ts'
import { type PublicKeys, verifyJws } from './verify-jws.ts'

/** Of a manifest of whatever version, as much as is needed to check its signature. */
const signed = z.looseObject({ signature: z.string().max(1024) })

/**
 * All fields of a manifest but its signature, once that holds. Not parsed any further: what a newer central signs may have
 * fields that this agent does not know, and is to be refused for its version, not for those.
 * @throws Refusal `signature` or `invalid`.
 */
export async function verifyManifest(raw: unknown, keys: PublicKeys): Promise<Readonly<Record<string, unknown>>> {
  const { signature, ...unsigned } = parseAs(raw, signed, 'manifest')
  const [header = '', payload, mac = '', ...rest] = signature.split('.')
  const canonical = Buffer.from(stringify(unsigned)).toString('base64url')
  // With a payload of its own it would be a signature of something else.
  const whole = payload === '' && rest.length === 0 ? `${header}.${canonical}.${mac}` : ''
  await verifyJws(whole, keys, MANIFEST_TYPE)
  return unsigned
}

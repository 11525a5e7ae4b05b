import { type SigningKeys, SIGNING_KEYS_TYPE, signingKeys } from '../../schemas/device-sync/statements.ts'
import { parseSigned } from './parse-signed.ts'
import { Refusal } from './refusal.ts'
import { type PublicKeys, verifyJws } from './verify-jws.ts'

/** Keys that may sign manifests now, and the version of the statement that says so. */
export interface SigningKeyRing {
  readonly version: number
  readonly keys: PublicKeys
}

/**
 * The keys of a statement that the root signed.
 * @param rootKey what the device was provisioned with: raw Ed25519, base64url.
 * @param seen the newest version that this device has had: with an older one a withdrawn key would come back.
 * @throws Refusal `signature`, `invalid` or `older`.
 */
export async function signingKeyRing(jws: string, rootKey: string, seen: number): Promise<SigningKeyRing> {
  const payload = await verifyJws(jws, () => rootKey, SIGNING_KEYS_TYPE)
  const { version, keys }: SigningKeys = parseSigned(payload, signingKeys, 'signing keys')
  if (version < seen)
    throw new Refusal('older', `the statement of signing keys is version ${version}, and ${seen} was seen`)
  const byName = new Map(keys.map(({ kid, x }) => [kid, x]))
  return { version, keys: (kid) => (kid === undefined ? undefined : byName.get(kid)) }
}

import { generateKeyPairSync, sign, verify } from 'node:crypto'
import stringify from 'fast-json-stable-stringify'
import type { ManifestSigner } from '../../../projections/device-manifest/manifest-signer.ts'
import type { Manifest } from '../../../schemas/device-sync/manifest.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'test' })).toString('base64url')

const signedBytes = (unsigned: object): Buffer =>
  Buffer.from(`${header}.${Buffer.from(stringify(unsigned)).toString('base64url')}`)

/** Signs with a key of its own, as the platform's signer does with the installation's. */
export const testSigner: ManifestSigner = {
  async signManifest(unsigned) {
    return {
      ...unsigned,
      signature: `${header}..${sign(null, signedBytes(unsigned), privateKey).toString('base64url')}`,
    }
  },
}

export function isSignedByTest({ signature, ...unsigned }: Manifest): boolean {
  return verify(null, signedBytes(unsigned), publicKey, Buffer.from(signature.split('..')[1] ?? '', 'base64url'))
}

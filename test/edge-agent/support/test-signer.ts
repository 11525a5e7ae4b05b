import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import stringify from 'fast-json-stable-stringify'
import type { Manifest, UnsignedManifest } from '../../../schemas/device-sync/manifest.ts'
import {
  FRESHNESS_TYPE,
  type Freshness,
  MANIFEST_TYPE,
  SIGNING_KEYS_TYPE,
  type SigningKeys,
} from '../../../schemas/device-sync/statements.ts'

interface Key {
  readonly kid: string
  /** Raw public half, base64url. */
  readonly x: string
  readonly privateKey: KeyObject
}

/** Signs as central does, with node:crypto: another implementation than the one that verifies. */
export class TestSigner {
  readonly root = newKey('root')
  signing = newKey('signing-1')
  keysVersion = 1

  /** Another signing key, under the same root. */
  rotate(): void {
    this.keysVersion++
    this.signing = newKey(`signing-${this.keysVersion}`)
  }

  manifest(unsigned: UnsignedManifest): Manifest {
    const [header, , mac] = jws(this.signing, MANIFEST_TYPE, stringify(unsigned)).split('.')
    return { ...unsigned, signature: `${header}..${mac}` }
  }

  freshness(statement: Freshness): string {
    return jws(this.signing, FRESHNESS_TYPE, JSON.stringify(statement))
  }

  signingKeys(change: Partial<SigningKeys> = {}): string {
    const { kid, x } = this.signing
    const statement = { version: this.keysVersion, issuedAt: new Date().toISOString(), keys: [{ kid, x }], ...change }
    return jws(this.root, SIGNING_KEYS_TYPE, JSON.stringify(statement))
  }
}

export function newKey(kid: string): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { kid, x: publicKey.export({ format: 'jwk' }).x ?? '', privateKey }
}

export function jws({ kid, privateKey }: Key, typ: string, payload: string): string {
  const signed = [JSON.stringify({ alg: 'EdDSA', kid, typ }), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}

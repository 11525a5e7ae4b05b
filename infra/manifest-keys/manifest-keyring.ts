import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { SIGNING_KEYS_TYPE, type SigningKeys, signingKeys } from '../../schemas/device-sync/statements.ts'
import { keyId, signedJws } from './manifest-jws.ts'

/** Keys in one statement, and retired ones that are remembered. */
const MOST = 8
const key = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** As it is kept in a file. The first key signs; the others are still believed. */
const file = z.strictObject({
  version: z.int().min(1),
  /** The root's public key, and its word for the keys below (`signingKeys` of statements.ts, JWS). */
  rootKey: key,
  statement: z.string(),
  /** Raw Ed25519 keys, base64url: public, and private. */
  keys: z
    .array(z.strictObject({ x: key, d: key }))
    .min(1)
    .max(MOST),
  /** Public keys that devices believe no more; what they signed is known here, to be signed anew. */
  retired: z.array(key).max(MOST),
})

/** The keys that sign manifests, and the root's word for them. */
export interface ManifestKeyring {
  readonly version: number
  readonly rootKey: string
  readonly statement: string
  /** The first signs. */
  readonly keys: readonly ManifestKey[]
  /** Public keys that devices believe no more. */
  readonly retired: readonly string[]
}

export interface ManifestKey {
  readonly kid: string
  readonly x: string
  readonly privateKey: KeyObject
}

/** A root key: its private half as PEM. */
export function newRootKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/**
 * The keyring with a fresh key that signs from now on; of those before, the newest `keep` are still believed by devices.
 * @param rootPem the root's private key. @throws Error when the keyring is of another root.
 */
export function rotatedKeyring(
  rootPem: string,
  before: ManifestKeyring | undefined,
  { at, keep }: { readonly at: Date; readonly keep: number },
): ManifestKeyring {
  const root = createPrivateKey(rootPem)
  const rootKey = publicHalf(root)
  if (before !== undefined && before.rootKey !== rootKey)
    throw new Error('these signing keys are of another root key: devices believe that one')
  const old = before?.keys ?? []
  const keys = [manifestKey(generateKeyPairSync('ed25519').privateKey), ...old.slice(0, Math.min(keep, MOST - 1))]
  const retired = [...old.slice(keep).map(({ x }) => x), ...(before?.retired ?? [])].slice(0, MOST)
  const version = (before?.version ?? 0) + 1
  const content: SigningKeys = signingKeys.parse({
    version,
    issuedAt: at.toISOString(),
    keys: keys.map(({ kid, x }) => ({ kid, x })),
  })
  return { version, rootKey, statement: signedJws(root, { typ: SIGNING_KEYS_TYPE }, content), keys, retired }
}

export function formatKeyring({ keys, retired, ...rest }: ManifestKeyring): string {
  const content: z.infer<typeof file> = {
    ...rest,
    retired: [...retired],
    keys: keys.map(({ x, privateKey }) => ({ x, d: privateKey.export({ format: 'jwk' }).d ?? '' })),
  }
  return `${JSON.stringify(content, undefined, 2)}\n`
}

/** @throws z.ZodError, SyntaxError or TypeError when the text is not what {@link formatKeyring} writes. */
export function parseKeyring(text: string): ManifestKeyring {
  const { keys, ...rest } = file.parse(JSON.parse(text))
  return {
    ...rest,
    keys: keys.map(({ x, d }) => {
      const privateKey = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' })
      return manifestKey(privateKey)
    }),
  }
}

function manifestKey(privateKey: KeyObject): ManifestKey {
  const x = publicHalf(privateKey)
  return { kid: keyId(x), x, privateKey }
}

function publicHalf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''
}

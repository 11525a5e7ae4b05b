import { readFile, stat } from 'node:fs/promises'
import type { ManifestSigner } from '../../projections/device-manifest/manifest-signer.ts'
import { type Manifest, manifest, type UnsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { type Freshness, FRESHNESS_TYPE, MANIFEST_TYPE } from '../../schemas/device-sync/statements.ts'
import { detachedJws, isDetachedJwsOf, keyId, signedJws, signerOf } from './manifest-jws.ts'
import { type ManifestKeyring, parseKeyring } from './manifest-keyring.ts'

/** A rotation is seen by every process within this many milliseconds. */
const LOOK_MS = 5_000

/**
 * Signs manifests, and says what devices need to believe them, with the keys in a file. The file is read again when it
 * has changed, so that a rotation needs no restart; while it cannot be read, the last keys go on counting.
 */
export class ManifestKeys implements ManifestSigner {
  readonly #path: string
  readonly #onFault: (error: unknown) => void
  #keyring: ManifestKeyring
  #stamp: string
  #lookAt: number

  private constructor(path: string, keyring: ManifestKeyring, stamp: string, onFault: (error: unknown) => void) {
    this.#path = path
    this.#keyring = keyring
    this.#stamp = stamp
    this.#onFault = onFault
    this.#lookAt = performance.now() + LOOK_MS
  }

  /** @throws when the file cannot be read or is no keyring. `onFault`: it could not be read again. */
  static async open(path: string, onFault: (error: unknown) => void = () => undefined): Promise<ManifestKeys> {
    const stamp = await stampOf(path)
    return new ManifestKeys(path, parseKeyring(await readFile(path, 'utf8')), stamp, onFault)
  }

  /** Raw public key of the root, base64url: what a device is provisioned with. */
  async rootKey(): Promise<string> {
    return (await this.#current()).rootKey
  }

  async signManifest(unsigned: UnsignedManifest): Promise<Manifest> {
    const [key] = (await this.#current()).keys
    if (key === undefined) throw new Error('there is no signing key')
    const signature = detachedJws(key.privateKey, { kid: key.kid, typ: MANIFEST_TYPE }, unsigned)
    return manifest.parse({ ...unsigned, signature })
  }

  /**
   * The manifest as it stands, or signed anew where its key signs no more: a rotation needs no manifest to be built
   * anew. @throws Error when no key of ours has ever signed it.
   */
  async renewed(signed: Manifest): Promise<Manifest> {
    const { signature, ...unsigned } = signed
    const { keys, retired } = await this.#current()
    const kid = signerOf(signature, MANIFEST_TYPE)
    if (kid === keys[0]?.kid) return signed
    const x = [...keys.map((key) => key.x), ...retired].find((one) => keyId(one) === kid)
    if (x === undefined || !isDetachedJwsOf(signature, x, unsigned))
      throw new Error(`manifest ${signed.manifestId} is not signed by any key of this installation`)
    return this.signManifest(unsigned)
  }

  /** JWS of {@link Freshness}. */
  async freshness(statement: Freshness): Promise<string> {
    const [key] = (await this.#current()).keys
    if (key === undefined) throw new Error('there is no signing key')
    return signedJws(key.privateKey, { kid: key.kid, typ: FRESHNESS_TYPE }, statement)
  }

  /** JWS of the keys that may sign now, by the root. */
  async signingKeys(): Promise<string> {
    return (await this.#current()).statement
  }

  async #current(): Promise<ManifestKeyring> {
    if (performance.now() < this.#lookAt) return this.#keyring
    this.#lookAt = performance.now() + LOOK_MS
    try {
      const stamp = await stampOf(this.#path)
      if (stamp !== this.#stamp) {
        this.#keyring = parseKeyring(await readFile(this.#path, 'utf8'))
        this.#stamp = stamp
      }
    } catch (error) {
      this.#onFault(error)
    }
    return this.#keyring
  }
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, ino, size } = await stat(path)
  return `${mtimeMs} ${ino} ${size}`
}

import type { Manifest, UnsignedManifest } from '../../schemas/device-sync/manifest.ts'

/** Signs what devices are to believe. */
export interface ManifestSigner {
  /** By the signing key of the moment. */
  signManifest(unsigned: UnsignedManifest): Promise<Manifest>
}

import type { UnsignedManifest } from '../../schemas/device-sync/manifest.ts'

/** Of all chunks that a manifest names. */
export function hashesOf(manifest: UnsignedManifest | undefined): readonly string[] {
  return (manifest?.tables ?? []).flatMap(({ chunks }) => chunks.map(({ sha256 }) => sha256))
}

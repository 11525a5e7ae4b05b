import { join } from 'node:path'
import { formatKeyring, newRootKey, rotatedKeyring } from '../../infra/manifest-keys/manifest-keyring.ts'
import { ManifestKeys } from '../../infra/manifest-keys/manifest-keys.ts'
import { KEY_FILES, writePrivate } from '../../infra/nats/key-files.ts'

/** Keys to sign manifests with, made and put where processes of the platform look for them. */
export async function newManifestKeys(keysDir: string): Promise<ManifestKeys> {
  const path = join(keysDir, KEY_FILES.manifestKeys)
  await writePrivate(path, formatKeyring(rotatedKeyring(newRootKey(), undefined, { at: new Date(), keep: 1 })))
  return ManifestKeys.open(path)
}

import { join } from 'node:path'
import type { Logger } from 'pino'
import { formatKeyring, newRootKey, rotatedKeyring } from '../../../infra/manifest-keys/manifest-keyring.ts'
import { ManifestKeys } from '../../../infra/manifest-keys/manifest-keys.ts'
import { type DeviceIssuer, parseDeviceIssuer } from '../../../infra/nats/device-issuer.ts'
import { KEY_FILES, readKeyFile, readNatsAuthority, writePrivate } from '../../../infra/nats/key-files.ts'
import type { NatsAuthority } from '../../../infra/nats/nats-authority.ts'

/** The keys that this process was given. What is absent, it cannot do. */
export interface DeviceKeys {
  /** To revoke credentials on the running server. */
  readonly authority: NatsAuthority | undefined
  /** To sign credentials of devices. */
  readonly issuer: DeviceIssuer | undefined
  /** To sign manifests, and what devices need to believe them. */
  readonly manifestKeys: ManifestKeys | undefined
}

/** None where there is no directory. @throws when a file is there, but is not what it should be. */
export async function openDeviceKeys(dir: string | undefined, logger: Logger): Promise<DeviceKeys> {
  if (dir === undefined) return { authority: undefined, issuer: undefined, manifestKeys: undefined }
  const issuer = await readKeyFile(dir, 'deviceIssuer')
  const keyring = await readKeyFile(dir, 'manifestKeys')
  return {
    authority: await readNatsAuthority(dir),
    issuer: issuer === undefined ? undefined : parseDeviceIssuer(issuer),
    manifestKeys:
      keyring === undefined
        ? undefined
        : await ManifestKeys.open(join(dir, KEY_FILES.manifestKeys), (error) =>
            logger.error({ err: error }, 'the keys of manifests cannot be read again; the last ones go on counting'),
          ),
  }
}

/** Makes the keys that sign manifests, unless they are there. Whoever has the root can make devices believe any key. */
export async function makeManifestKeys(dir: string, now: Date): Promise<void> {
  if ((await readKeyFile(dir, 'manifestKeys')) !== undefined) return
  const known = await readKeyFile(dir, 'manifestRoot')
  const root = known ?? newRootKey()
  if (known === undefined) await writePrivate(join(dir, KEY_FILES.manifestRoot), root)
  await writePrivate(
    join(dir, KEY_FILES.manifestKeys),
    formatKeyring(rotatedKeyring(root, undefined, { at: now, keep: 1 })),
  )
}

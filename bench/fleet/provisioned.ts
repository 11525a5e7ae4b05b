import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { deviceCredentialSubject } from '../../commands/device-credential/device-credentials.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamManifests } from '../../infra/jetstream/jetstream-manifests.ts'
import type { ManifestKeys } from '../../infra/manifest-keys/manifest-keys.ts'
import { deviceJwt, parseDeviceIssuer } from '../../infra/nats/device-issuer.ts'
import { KEY_FILES } from '../../infra/nats/key-files.ts'
import { newNkey, type Nkey } from '../../infra/nats/nkey.ts'
import { concurrently } from '../../projections/concurrently.ts'
import { deviceTables } from '../../schemas/device-sync/device-tables.ts'
import { type DeviceId, deviceId, unsignedManifest } from '../../schemas/device-sync/manifest.ts'
import { newestManifests } from '../../schemas/device-sync/newest-manifests.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import { appendAll } from '../log/append-all.ts'
import { commandWrites } from '../log/event-write.ts'
import type { OwnServers } from '../servers/with-servers.ts'

/** A device with a credential of its own, and a manifest that central has for it. */
export interface Provisioned {
  readonly deviceId: DeviceId
  readonly key: Nkey
  readonly jwt: string
}

const DAY_MS = 86_400_000
const AT_ONCE = 128

/** So many devices, as `pharos device provision` and the builder would have left them. */
export async function provisionFleet(
  { connection, keysDir }: Pick<OwnServers, 'connection' | 'keysDir'>,
  keys: ManifestKeys,
  count: number,
  signal: AbortSignal,
): Promise<readonly Provisioned[]> {
  const issuer = parseDeviceIssuer(await readFile(join(keysDir, KEY_FILES.deviceIssuer), 'utf8'))
  const now = Date.now()
  const times = { issuedAt: Math.floor(now / 1000), expiresAt: Math.floor((now + DAY_MS) / 1000) }
  const devices = Array.from({ length: count }, (_, number): Provisioned => {
    const id = deviceId.parse(`device-${number.toString().padStart(4, '0')}`)
    const key = newNkey('user')
    return { deviceId: id, key, jwt: deviceJwt(issuer, { deviceId: id, publicKey: key.publicKey, ...times }) }
  })
  const credentials = devices.map(({ deviceId: id, key }, number) => {
    const data = {
      deviceId: id,
      mac: `02:${number.toString(16).padStart(10, '0').match(/../g)?.join(':')}`,
      publicKey: key.publicKey,
      apiKeyId: newUlid(),
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + DAY_MS).toISOString(),
    }
    return commandWrites([
      { subject: deviceCredentialSubject(id), event: { type: 'device-credential.provisioned', data } },
    ])
  })
  const store = await JetStreamEventStore.open(connection)
  await appendAll(store, credentials, signal)
  const { epoch } = await store.head()
  const manifests = await JetStreamManifests.open(connection)
  await concurrently(devices, AT_ONCE, async ({ deviceId: id }) => {
    const manifest = await keys.signManifest(emptyManifest(id, epoch))
    await manifests.publish(id, newestManifests.parse([manifest]), 0)
  })
  return devices
}

/** Of a location where there is nothing yet: what is asked of central is the same. */
function emptyManifest(id: DeviceId, epoch: string) {
  const sha256 = createHash('sha256').digest('hex')
  return unsignedManifest.parse({
    manifestId: newUlid(),
    generatedAt: new Date().toISOString(),
    schemaVersion: 1,
    canonVersion: 1,
    epoch,
    position: 1,
    deviceId: id,
    tables: deviceTables.get(1)?.map(({ name }) => ({ name, rowCount: 0, sha256, chunks: [] })),
    sha256,
    filters: { locationId: 'nowhere-yet' },
  })
}

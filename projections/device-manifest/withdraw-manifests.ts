import type { Position } from '../../schemas/position.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { concurrently } from '../concurrently.ts'
import { isLater } from './is-later.ts'
import type { ManifestStore } from './manifest-store.ts'

/** Devices whose manifests are taken back at once. */
const AT_ONCE = 128

/** Leaves these devices, which have no location as of `at`, without a manifest: but for what another builder has published of a later position. */
export async function withdrawManifests(
  { manifests, alive }: { readonly manifests: ManifestStore; readonly alive: () => Promise<void> },
  devices: readonly DeviceId[],
  at: Position,
): Promise<void> {
  await concurrently(devices, AT_ONCE, async (deviceId) => {
    await alive()
    const standing = await manifests.read(deviceId)
    if (standing !== undefined && !isLater(standing, at)) await manifests.remove(deviceId, standing.revision)
  })
}

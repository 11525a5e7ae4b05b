import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import type { NewestManifests } from '../../schemas/device-sync/newest-manifests.ts'

/** What stands for a device, and its revision: the sequence that the next must expect. */
export interface StandingManifests {
  readonly deviceId: DeviceId
  readonly revision: number
  readonly manifests: NewestManifests
}

/** Stream `MANIFESTS`: one message for each device. What rejects is an outage. */
export interface ManifestStore {
  /** Replaces what stands, if that has the revision `expected` (0: nothing stands); `undefined` if it has another. */
  publish(deviceId: DeviceId, manifests: NewestManifests, expected: number): Promise<number | undefined>
  read(deviceId: DeviceId): Promise<StandingManifests | undefined>
  /** Removes what stands up to this revision; what was published after it stays. */
  remove(deviceId: DeviceId, revision: number): Promise<void>
  /** What stands for every device; what is no manifest is left out. */
  all(signal: AbortSignal): AsyncIterable<StandingManifests>
}

import { LRUCache } from 'lru-cache'
import { decodeTime } from 'ulid'
import type { ManifestId } from '../../schemas/device-sync/manifest.ts'
import { readDeviceSyncEvent } from '../../schemas/events/read-device-sync-event.ts'
import type { DevicePorts, ProvenDevice } from './device-ports.ts'

/** Pairs of device and manifest that are remembered. */
const REMEMBERED = 50_000
/** Answers to one device that are looked through for a manifest: at one in five minutes those of ten days. */
const LOOKED_THROUGH = 3_000
/** Clocks of processes that make manifests may differ by so many milliseconds. */
const SLACK_MS = 60_000

/** Knows which manifest was handed to which device: nobody acknowledges another's. */
export class HandedManifests {
  readonly #ports: Pick<DevicePorts, 'manifests' | 'evidence'>
  readonly #known = new LRUCache<string, true>({ max: REMEMBERED })

  constructor(ports: Pick<DevicePorts, 'manifests' | 'evidence'>) {
    this.#ports = ports
  }

  /** Told of what was just handed out, which spares a look. */
  note({ deviceId }: Pick<ProvenDevice, 'deviceId'>, manifestId: ManifestId): void {
    this.#known.set(`${deviceId} ${manifestId}`, true)
  }

  /** What is not remembered is looked up: the device's newest first, then what stands in the evidence of it. */
  async has({ deviceId }: Pick<ProvenDevice, 'deviceId'>, manifestId: ManifestId): Promise<boolean> {
    if (this.#known.has(`${deviceId} ${manifestId}`)) return true
    const isTheirs =
      (await this.#ports.manifests.read(deviceId))?.some((one) => one.manifestId === manifestId) === true ||
      (await this.#wasAnswered({ deviceId }, manifestId))
    if (isTheirs) this.note({ deviceId }, manifestId)
    return isTheirs
  }

  async #wasAnswered({ deviceId }: Pick<ProvenDevice, 'deviceId'>, manifestId: ManifestId): Promise<boolean> {
    // A manifest is handed out after it was made, and its id says when that was.
    const since = new Date(decodeTime(manifestId) - SLACK_MS)
    for await (const envelope of this.#ports.evidence.answersTo(deviceId, since, LOOKED_THROUGH)) {
      const { type, data } = readDeviceSyncEvent(envelope)
      if (type === 'sync.requested' && data.manifest?.manifestId === manifestId) return true
    }
    return false
  }
}

import { decodeTime } from 'ulid'
import { LazyLru } from '../../commands/lazy-lru.ts'
import type { Manifest, ManifestId } from '../../schemas/device-sync/manifest.ts'
import { readDeviceSyncEvent } from '../../schemas/events/read-device-sync-event.ts'
import type { DevicePorts, ProvenDevice } from './device-ports.ts'

type Handed = Pick<Manifest, 'manifestId' | 'sha256'>

/** Pairs of device and manifest that are remembered. */
const REMEMBERED = 50_000
/** Answers to one device that are looked through for a manifest: at one in five minutes those of ten days. */
const LOOKED_THROUGH = 3_000
/** Clocks of processes that make manifests may differ by so many milliseconds. */
const SLACK_MS = 60_000

/** Knows which manifest was handed to which device: nobody acknowledges another's. */
export class HandedManifests {
  readonly #ports: Pick<DevicePorts, 'manifests' | 'evidence'>
  readonly #known = new LazyLru<string, string>({ max: REMEMBERED })

  constructor(ports: Pick<DevicePorts, 'manifests' | 'evidence'>) {
    this.#ports = ports
  }

  /** Told of what was just handed out, which spares a look. */
  note({ deviceId }: Pick<ProvenDevice, 'deviceId'>, { manifestId, sha256 }: Handed): void {
    this.#known.set(`${deviceId} ${manifestId}`, sha256)
  }

  /**
   * The hash of the content of a manifest that the device was handed, or `undefined`. What is not remembered is looked
   * up: the device's newest first, then what stands in the evidence of it.
   */
  async sha256Of({ deviceId }: Pick<ProvenDevice, 'deviceId'>, manifestId: ManifestId): Promise<string | undefined> {
    const known = this.#known.get(`${deviceId} ${manifestId}`)
    if (known !== undefined) return known
    const newest = await this.#ports.manifests.read(deviceId)
    const found =
      newest?.find((one) => one.manifestId === manifestId) ?? (await this.#answered({ deviceId }, manifestId))
    if (found !== undefined) this.note({ deviceId }, found)
    return found?.sha256
  }

  async #answered({ deviceId }: Pick<ProvenDevice, 'deviceId'>, manifestId: ManifestId): Promise<Handed | undefined> {
    // A manifest is handed out after it was made, and its id says when that was.
    const since = new Date(decodeTime(manifestId) - SLACK_MS)
    for await (const envelope of this.#ports.evidence.answersTo(deviceId, since, LOOKED_THROUGH)) {
      const { type, data } = readDeviceSyncEvent(envelope)
      if (type === 'sync.requested' && data.manifest?.manifestId === manifestId) return data.manifest
    }
    return undefined
  }
}

import { LRUCache } from 'lru-cache'
import type { DeviceId, ManifestId } from '../../schemas/device-sync/manifest.ts'
import type { FetchRequest } from '../../schemas/device-sync/messages.ts'
import type { DevicePorts, PayloadSource, ProvenDevice } from './device-ports.ts'

/** Status of a fetch's answer; see `fetchHeaders`. */
export type FetchAnswer =
  | { readonly status: 'ok'; readonly bytes: Uint8Array; readonly totalBytes: number; readonly etag: string }
  | { readonly status: 'superseded' | 'not_named' | 'gone' | 'invalid' }

/** Objects that a device's newest manifests name, by manifest. */
type Named = ReadonlyMap<ManifestId, ReadonlySet<string>>

/** A manifest that was replaced is seen to be within this many milliseconds. */
const TRUSTED_MS = 1_000
/** Devices that fetch at once, for each of which what it may fetch is kept; some 100 kB for a large manifest. */
const FETCHING = 1_000
/** Type of the command that refused fetches are counted under. */
const COMMAND = 'device-sync.fetch'

/** Hands out pieces of objects, to each device those that its newest manifest names. */
export class PayloadFetches {
  readonly #ports: Pick<DevicePorts, 'manifests' | 'onRefused'>
  readonly #payloads: PayloadSource
  readonly #named = new LRUCache<DeviceId, Promise<Named>>({ max: FETCHING, ttl: TRUSTED_MS })

  constructor(ports: Pick<DevicePorts, 'manifests' | 'onRefused'>, payloads: PayloadSource) {
    this.#ports = ports
    this.#payloads = payloads
  }

  /** What rejects is an outage. */
  async answer({ deviceId }: ProvenDevice, request: FetchRequest): Promise<FetchAnswer> {
    const { manifestId, sha256, offset, length } = request
    const of = (await this.#read(deviceId)).get(manifestId) ?? (await this.#read(deviceId, true)).get(manifestId)
    if (of === undefined) return { status: 'superseded' }
    if (!of.has(sha256)) {
      const message = `manifest ${manifestId} of device ${deviceId} names no object ${sha256}`
      const actor = `device:${deviceId}`
      this.#ports.onRefused({ command: COMMAND, actor, status: 'forbidden', code: 'not_named', message })
      return { status: 'not_named' }
    }
    const payload = await this.#payloads.read(sha256)
    if (payload === undefined) return { status: 'gone' }
    const { bytes, etag } = payload
    if (offset > bytes.length) return { status: 'invalid' }
    return { status: 'ok', bytes: bytes.subarray(offset, offset + length), totalBytes: bytes.length, etag }
  }

  /** @param anew a manifest that is not known may be younger than what is. */
  async #read(deviceId: DeviceId, anew = false): Promise<Named> {
    const known = this.#named.get(deviceId)
    if (known !== undefined && !anew) return known
    const reading = this.#load(deviceId)
    this.#named.set(deviceId, reading)
    reading.catch(() => this.#named.delete(deviceId))
    return reading
  }

  async #load(deviceId: DeviceId): Promise<Named> {
    const newest = (await this.#ports.manifests.read(deviceId)) ?? []
    return new Map(
      newest.map(({ manifestId, tables }) => [
        manifestId,
        new Set(tables.flatMap(({ chunks }) => chunks.map((chunk) => chunk.sha256))),
      ]),
    )
  }
}

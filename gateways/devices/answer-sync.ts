import type { Manifest } from '../../schemas/device-sync/manifest.ts'
import type { SyncAnswer, SyncRequest } from '../../schemas/device-sync/messages.ts'
import type { Freshness } from '../../schemas/device-sync/statements.ts'
import type { DeviceSyncEvent } from '../../schemas/events/device-sync.ts'
import { readTraceparent } from '../observability/traceparent.ts'
import type { DevicePorts, Missing, ProvenDevice } from './device-ports.ts'
import { syncEnvelope } from './sync-envelope.ts'

/** So long a device may take what it is told for the newest, in milliseconds. */
const FRESH_MS = 24 * 3_600_000

const WHY: Readonly<Record<Missing | 'schema_version', string>> = {
  unknown_device: 'there is no such device',
  decommissioned: 'this device was decommissioned',
  not_assigned: 'this device is at no location',
  not_built: 'there is no manifest for this device yet',
  schema_version: 'no manifest is served that this device could read: update it',
}

/** What a device is to be now. It is said only once that it was said is stored. What rejects is an outage. */
export async function answerSync(
  ports: DevicePorts,
  device: ProvenDevice,
  { manifestId: held, schemaVersion, traceparent }: SyncRequest,
): Promise<{ readonly answer: SyncAnswer; readonly freshness?: Freshness }> {
  const newest = await ports.manifests.read(device.deviceId)
  const readable = newest?.find((one) => one.schemaVersion <= schemaVersion)
  const why =
    readable !== undefined ? undefined : newest === undefined ? ports.missing(device.deviceId) : 'schema_version'
  const status = why !== undefined ? 'refused' : readable?.manifestId === held ? 'unchanged' : 'manifest'
  const data: Extract<DeviceSyncEvent, { type: 'sync.requested' }>['data'] = {
    ...device,
    status,
    reason: why ?? null,
    held: held ?? null,
    manifest: readable === undefined ? null : inShort(readable, status === 'manifest'),
  }
  const manifest = status === 'manifest' && readable !== undefined ? await ports.keys.renewed(readable) : undefined
  const envelope = syncEnvelope({ type: 'sync.requested', data }, ports, readTraceparent(traceparent))
  await ports.evidence.append(envelope, envelope.id)
  if (why !== undefined || readable === undefined)
    return { answer: { status: 'refused', code: why ?? 'not_built', message: WHY[why ?? 'not_built'] } }

  const at = ports.now()
  const freshness: Freshness = {
    deviceId: device.deviceId,
    manifestId: readable.manifestId,
    epoch: readable.epoch,
    issuedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + FRESH_MS).toISOString(),
  }
  const signed = { freshness: await ports.keys.freshness(freshness), signingKeys: await ports.keys.signingKeys() }
  return {
    freshness,
    answer:
      manifest === undefined
        ? { status: 'unchanged', manifestId: readable.manifestId, ...signed }
        : { status: 'manifest', manifest, ...signed },
  }
}

/** What the evidence keeps of a manifest; where nothing new was handed out, not its tables again. */
function inShort(manifest: Manifest, isHandedOut: boolean) {
  const { manifestId, sha256, generatedAt, schemaVersion, epoch, position, filters, tables } = manifest
  return {
    manifestId,
    sha256,
    generatedAt,
    schemaVersion,
    epoch,
    position,
    filters,
    tables: isHandedOut ? tables.map(({ name, rowCount, sha256: of }) => ({ name, rowCount, sha256: of })) : [],
  }
}

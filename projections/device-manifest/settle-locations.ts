import type { ClientBase } from 'pg'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import type { LocationContent } from './build-location.ts'
import type { FleetSnapshot } from './fleet-snapshot.ts'
import { forgetManifests, knownManifests, recordBuilt, recordManifests } from './manifest-ledger.ts'
import type { ManifestPorts } from './manifest-ports.ts'
import { deviceScope, locationScope } from './payload.ts'
import { recordPayloads } from './payload-ledger.ts'
import { publishManifests } from './publish-manifests.ts'
import { withdrawManifests } from './withdraw-manifests.ts'
import { withoutLocation } from './without-location.ts'

/**
 * Gives the devices of these locations the manifests of what was built for them, and records that. Of several locations at
 * once: each step waits for a disk, and waits as long for many as for one. Answers how many manifests stand now of those
 * that were news, by location.
 */
export async function settleLocations(
  context: { readonly ports: ManifestPorts; readonly ledger: ClientBase; readonly alive: () => Promise<void> },
  snapshot: FleetSnapshot,
  contents: readonly LocationContent[],
): Promise<ReadonlyMap<string, number>> {
  const { ports, ledger } = context
  const locations = contents.map(({ locationId }) => locationId)
  const devices = new Set<string>(contents.flatMap(devicesOf))
  const known = await knownManifests(ledger, locations, contents.flatMap(devicesOf))
  const others = new Set(known.map(({ deviceId }) => deviceId).filter((id) => !devices.has(id)))
  const gone = await withoutLocation(snapshot, [...others])
  const scopes = [...locations.map(locationScope), ...[...devices, ...gone].map(deviceScope)]
  const payloads = contents.flatMap((content) => content.payloads)
  // Before any device is told of them: no chunk is ever named that the collector does not know to be needed.
  await recordPayloads(ledger, scopes, payloads, ports.now())
  const standing = await publishManifests(context, contents, known, snapshot.at)
  await withdrawManifests({ manifests: ports.manifests, alive: context.alive }, gone, snapshot.at)
  await recordManifests(ledger, standing)
  await forgetManifests(ledger, gone)
  await recordBuilt(ledger, locations, snapshot.at)
  const published = new Set(standing.map(({ deviceId }) => deviceId))
  return new Map(
    contents.map((content) => [content.locationId, devicesOf(content).filter((id) => published.has(id)).length]),
  )
}

/** Each once, in however many schema versions it is served. */
function devicesOf({ devices }: LocationContent): readonly DeviceId[] {
  return [...new Set(devices.map(({ deviceId }) => deviceId))]
}

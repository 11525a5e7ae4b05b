import { deviceTables } from '../../schemas/device-sync/device-tables.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { SERVED_SCHEMA_VERSIONS } from '../../schemas/device-sync/newest-manifests.ts'
import { buildPayload } from './build-payload.ts'
import type { ChunkStore } from './chunk-store.ts'
import { devicePayloads } from './device-payloads.ts'
import type { FleetSnapshot } from './fleet-snapshot.ts'
import type { Payload } from './payload.ts'
import { isSharedTable } from './visible-rows.ts'

/** What one device is to have, in one schema version: its tables in the schema's order. */
export interface DeviceContent {
  readonly deviceId: DeviceId
  readonly schemaVersion: number
  readonly tables: readonly Payload[]
}

export interface LocationContent {
  readonly locationId: string
  /** Each once, however many devices share it. */
  readonly payloads: readonly Payload[]
  /** Every device of the location in every schema version that is served, the newest first. */
  readonly devices: readonly DeviceContent[]
}

/** The schema versions that devices are served, the newest first. */
export const servedVersions: readonly number[] = [...deviceTables.keys()]
  .toSorted((a, b) => b - a)
  .slice(0, SERVED_SCHEMA_VERSIONS)

/** All that the devices of a location see, with every chunk stored. A location without devices has no content. */
export async function buildLocation(
  context: { readonly snapshot: FleetSnapshot; readonly store: ChunkStore; readonly alive: () => Promise<void> },
  locationId: string,
): Promise<LocationContent> {
  const payloads: Payload[] = []
  const devices: DeviceContent[] = []
  for (const schemaVersion of servedVersions) {
    const tables = deviceTables.get(schemaVersion) ?? []
    const where = { locationId, schemaVersion }
    const own = new Map<string, ReadonlyMap<DeviceId, Payload>>()
    for (const table of tables)
      if (!isSharedTable(table.name)) own.set(table.name, await devicePayloads(context, table, where))
    const ids = new Set([...own.values()].flatMap((of) => [...of.keys()]))
    if (ids.size === 0) continue
    const shared = new Map<string, Payload>()
    for (const table of tables) {
      const { name } = table
      if (isSharedTable(name)) shared.set(name, await buildPayload(context, { ...table, name }, where))
    }
    payloads.push(...shared.values(), ...[...own.values()].flatMap((of) => [...of.values()]))
    for (const deviceId of ids) {
      const seen = tables.flatMap(({ name }) => shared.get(name) ?? own.get(name)?.get(deviceId) ?? [])
      devices.push({ deviceId, schemaVersion, tables: seen })
    }
  }
  return { locationId, payloads, devices }
}

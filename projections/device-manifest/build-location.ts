import { deviceTables } from '../../schemas/device-sync/device-tables.ts'
import type { DeviceId } from '../../schemas/device-sync/manifest.ts'
import { SERVED_SCHEMA_VERSIONS } from '../../schemas/device-sync/newest-manifests.ts'
import { type BuildContext, buildPayload } from './build-payload.ts'
import { devicePayloads } from './device-payloads.ts'
import type { Payload, RecordedPayload } from './payload.ts'
import { payloadKey } from './payload-ledger.ts'
import { isSharedTable } from './visible-rows.ts'

/** What one device is to have, in one schema version: its tables in the schema's order. */
export interface DeviceContent {
  readonly deviceId: DeviceId
  readonly schemaVersion: number
  readonly tables: readonly RecordedPayload[]
}

export interface LocationContent {
  readonly locationId: string
  /** What was read, each once, however many devices share it. */
  readonly payloads: readonly Payload[]
  /** Every device of the location in every schema version that is served, the newest first. */
  readonly devices: readonly DeviceContent[]
}

/** The schema versions that devices are served, the newest first. */
export const servedVersions: readonly number[] = [...deviceTables.keys()]
  .toSorted((a, b) => b - a)
  .slice(0, SERVED_SCHEMA_VERSIONS)

/**
 * All that the devices of a location see, with every chunk stored. Tables in `shared` (by `payloadKey`) are taken as they
 * were built last. A location without devices has no content.
 */
export async function buildLocation(
  context: BuildContext,
  locationId: string,
  shared: ReadonlyMap<string, RecordedPayload>,
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
    payloads.push(...[...own.values()].flatMap((of) => [...of.values()]))
    const common = new Map<string, RecordedPayload>()
    for (const table of tables) {
      const { name } = table
      if (!isSharedTable(name)) continue
      const known = shared.get(payloadKey(schemaVersion, name))
      if (known !== undefined) common.set(name, known)
      else {
        const built = await buildPayload(context, { ...table, name }, where)
        payloads.push(built)
        common.set(name, built)
      }
    }
    for (const deviceId of ids) {
      const seen = tables.flatMap(({ name }) => common.get(name) ?? own.get(name)?.get(deviceId) ?? [])
      devices.push({ deviceId, schemaVersion, tables: seen })
    }
  }
  return { locationId, payloads, devices }
}

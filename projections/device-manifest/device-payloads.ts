import { createHash } from 'node:crypto'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { type DeviceId, deviceId } from '../../schemas/device-sync/manifest.ts'
import { flaggedLineSql } from './canonical-line.ts'
import type { ChunkStore } from './chunk-store.ts'
import type { FleetSnapshot } from './fleet-snapshot.ts'
import { deviceScope, type Payload } from './payload.ts'

/** The payload of table `devices` for each device of a location: its own row and no other. */
export async function devicePayloads(
  { snapshot, store }: { readonly snapshot: FleetSnapshot; readonly store: ChunkStore },
  table: DeviceTable,
  { locationId, schemaVersion }: { readonly locationId: string; readonly schemaVersion: number },
): Promise<ReadonlyMap<DeviceId, Payload>> {
  const { rows } = await snapshot.client.query<{ id: string; line: string }>(
    `select device_id as id, substr(${flaggedLineSql(table)}, 2) as line from "${table.name}"
     where location_id = $1 order by device_id`,
    [locationId],
  )
  const chunks = await store.store(rows.map(({ line }) => ({ bytes: Buffer.from(`${line}\n`), rows: 1 })))
  return new Map(
    rows.map(({ id, line }, i) => [
      deviceId.parse(id),
      {
        scope: deviceScope(id),
        schemaVersion,
        tableName: table.name,
        rowCount: 1,
        sha256: createHash('sha256').update(`${line}\n`).digest('hex'),
        chunks: chunks.slice(i, i + 1),
      },
    ]),
  )
}

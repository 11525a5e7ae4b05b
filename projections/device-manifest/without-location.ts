import { type DeviceId, deviceId } from '../../schemas/device-sync/manifest.ts'
import type { FleetSnapshot } from './fleet-snapshot.ts'

/** Those of the devices that are at no location: gone, or not assigned. One that has moved is its new location's matter. */
export async function withoutLocation(
  { client }: FleetSnapshot,
  devices: readonly string[],
): Promise<readonly DeviceId[]> {
  if (devices.length === 0) return []
  const { rows } = await client.query<{ id: string }>(
    `select id from unnest($1::text[]) as asked (id)
     where not exists (select from devices where devices.device_id = asked.id and devices.location_id is not null)`,
    [devices],
  )
  return rows.map(({ id }) => deviceId.parse(id))
}

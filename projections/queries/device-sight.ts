import type { DeviceSight } from '../../schemas/queries/fleet.ts'
import { getFleetThing } from './get-fleet-thing.ts'
import type { Read } from './read.ts'

type Counts = DeviceSight['counts']

const COUNTS = `
  with here as (select group_id from pharos.location_groups where location_id = $1),
  members as (select group_id, user_id from pharos.group_users where group_id in (select group_id from here))
  select
    (select count(*) from here)::int as "locationGroups",
    (select count(*) from pharos.groups where group_id in (select group_id from here))::int as "groups",
    (select count(*) from members)::int as "groupUsers",
    (select count(distinct user_id) from members)::int as "users",
    (select count(*) from pharos.areas where location_id = $1)::int as "areas"`

/** What a device sees, counted; `undefined` when there is no such device. */
export async function deviceSight(
  read: Read,
  { deviceId }: { readonly deviceId: string },
): Promise<DeviceSight | undefined> {
  const device = await getFleetThing(read, { kind: 'device', id: deviceId })
  if (device === undefined) return undefined
  const location =
    device.locationId === null ? undefined : await getFleetThing(read, { kind: 'location', id: device.locationId })
  const company = location && (await getFleetThing(read, { kind: 'company', id: location.companyId }))
  const counts = await read<Counts>('sight of a device', COUNTS, [location?.locationId ?? null])
  return {
    device,
    location: location ?? null,
    company: company ?? null,
    counts: counts[0] ?? { groups: 0, users: 0, areas: 0, locationGroups: 0, groupUsers: 0 },
  }
}

import type { FleetSnapshot } from './fleet-snapshot.ts'

/**
 * Locations of which nothing is published, since an event of something that their devices see is parked: what they
 * would be given is not what is true.
 */
export async function heldLocations({ client }: FleetSnapshot): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ id: string }>(
    `with held as (
       select split_part(aggregate, '.', 2) as kind, split_part(aggregate, '.', 3) as id from parked
     )
     select location_id as id from locations
     where location_id in (select id from held where kind = 'location')
        or company_id in (select id from held where kind = 'company')
        or location_id in (select location_id from areas where area_id in (select id from held where kind = 'area'))
        or location_id in (select location_id from devices where device_id in (select id from held where kind = 'device'))
        or location_id in (
          select location_id from location_groups
          where group_id in (select id from held where kind = 'group')
             or group_id in (
               select group_id from group_users where user_id in (select id from held where kind = 'user')
             )
        )`,
  )
  return new Set(rows.map(({ id }) => id))
}

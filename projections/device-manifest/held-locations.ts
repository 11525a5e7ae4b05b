import { ANYTHING } from '../held-aggregates.ts'
import type { FleetSnapshot } from './fleet-snapshot.ts'

/**
 * Locations of which nothing is published, since an event is parked of something that their devices see, or would see if it were
 * applied (`fleetConcerns`): what they would be given is not what is true. Those of which there is no row yet are among them.
 * Of an event that nobody can read it is only known whose it is: all that may see a user of that company is held.
 */
export async function heldLocations({ client }: FleetSnapshot): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ id: string }>(
    `with held as (
       select split_part(aggregate, '.', 2) as kind, split_part(aggregate, '.', 3) as id, concerns from parked
     ), about as (
       select split_part(scope, ':', 1) as kind, split_part(scope, ':', 2) as id from held, unnest(concerns) as scope
     ), blind as (
       select kind, id from held where $1 = any (concerns)
     ), held_groups as (
       select id from held where kind = 'group'
       union select id from about where kind = 'group'
       union select group_id from group_users where user_id in (select id from held where kind = 'user')
     )
     select id from held where kind = 'location'
     union select id from about where kind = 'location'
     union select location_id from locations where company_id in (select id from held where kind = 'company')
     union select location_id from areas where area_id in (select id from held where kind = 'area')
     union select location_id from devices
       where location_id is not null and device_id in (select id from held where kind = 'device')
     union select location_id from location_groups where group_id in (select id from held_groups)
     union select location_id from locations
       where company_id in (select company_id from users where user_id in (select id from blind where kind = 'user'))
         or exists (select from blind where kind = 'user' and not exists (select from users where user_id = blind.id))
         or exists (select from blind where kind = 'area' and not exists (select from areas where area_id = blind.id))`,
    [ANYTHING],
  )
  return new Set(rows.map(({ id }) => id))
}

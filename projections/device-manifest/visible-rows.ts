import { escapeLiteral } from 'pg'

/** Tables whose rows all devices of a location share. The rows of the others are a device's own. */
export type SharedTable = 'companies' | 'locations' | 'groups' | 'users' | 'areas' | 'location_groups' | 'group_users'

const COMPANY_HERE = 'select locations.company_id from locations where locations.location_id = $location'
const GROUPS_HERE = `
  select groups.group_id from location_groups join groups on groups.group_id = location_groups.group_id
  where location_groups.location_id = $location and groups.company_id = (${COMPANY_HERE})`
const USERS_OF_COMPANY = `select users.user_id from users where users.company_id = (${COMPANY_HERE})`

/**
 * Which rows a location's devices see: what `domain/fleet` calls visible, said in SQL for all devices of the location at
 * once. Links across companies are refused by the rules; that nothing of another company leaves is asked here again.
 */
const VISIBLE: Readonly<Record<SharedTable, string>> = {
  companies: `company_id = (${COMPANY_HERE})`,
  locations: 'location_id = $location',
  groups: `group_id in (${GROUPS_HERE})`,
  users: `
    user_id in (select group_users.user_id from group_users where group_users.group_id in (${GROUPS_HERE}))
    and company_id = (${COMPANY_HERE})`,
  areas: 'location_id = $location',
  location_groups: `location_id = $location and group_id in (${GROUPS_HERE})`,
  group_users: `group_id in (${GROUPS_HERE}) and user_id in (${USERS_OF_COMPANY})`,
}

export function isSharedTable(table: string): table is SharedTable {
  return table in VISIBLE
}

/** SQL condition on the table's rows, for devices of this location. */
export function visibleRowsSql(table: SharedTable, locationId: string): string {
  return VISIBLE[table].replaceAll('$location', () => escapeLiteral(locationId))
}

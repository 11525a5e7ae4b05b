import type { FleetKind, FleetView } from '../../schemas/queries/fleet.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { nameMatchesSql } from '../fleet/name-words.ts'
import { fleetColumns, fleetTable } from './fleet-columns.ts'
import type { Read } from './read.ts'

/** Where the device stands. */
const SEEN = '(select location_id from pharos.devices where device_id = $)'
const GROUPS_OF = (location: string) => `select group_id from pharos.location_groups where location_id = ${location}`
const USERS_OF = (groups: string) => `select user_id from pharos.group_users where group_id in (${groups})`

const NAME = { search: nameMatchesSql('name', '$::text') }

/** What each filter asks of a row; `$` is its value. */
const CONDITIONS: { readonly [K in FleetKind]: Readonly<Record<string, string>> } = {
  company: { ...NAME, seenBy: `company_id = (select company_id from pharos.locations where location_id = ${SEEN})` },
  location: {
    ...NAME,
    companyId: 'company_id = $',
    groupId: 'location_id in (select location_id from pharos.location_groups where group_id = $)',
    seenBy: `location_id = ${SEEN}`,
  },
  group: {
    ...NAME,
    companyId: 'company_id = $',
    locationId: `group_id in (${GROUPS_OF('$')})`,
    userId: 'group_id in (select group_id from pharos.group_users where user_id = $)',
    seenBy: `group_id in (${GROUPS_OF(SEEN)})`,
  },
  user: {
    ...NAME,
    companyId: 'company_id = $',
    groupId: 'user_id in (select user_id from pharos.group_users where group_id = $)',
    locationId: `user_id in (${USERS_OF(GROUPS_OF('$'))})`,
    seenBy: `user_id in (${USERS_OF(GROUPS_OF(SEEN))})`,
  },
  area: { ...NAME, locationId: 'location_id = $', seenBy: `location_id = ${SEEN}` },
  device: {
    ...NAME,
    companyId: 'location_id in (select location_id from pharos.locations where company_id = $)',
    locationId: 'location_id = $',
    mac: 'mac = $',
    status: 'status = $',
    seenBy: 'device_id = $ and location_id is not null',
  },
}

export interface FleetListQuery<K extends FleetKind = FleetKind> {
  readonly kind: K
  /** By the names of the kind's filters. */
  readonly filter: Readonly<Record<string, unknown>>
  readonly cursor?: string | undefined
  readonly limit: number
}

/**
 * A page in order of id. Pages go on after the last row seen, so what is written meanwhile makes no row appear twice or be
 * left out. @throws RangeError when the cursor is not one of this list's.
 */
export async function listFleetThings<K extends FleetKind>(
  read: Read,
  { kind, filter, cursor, limit }: FleetListQuery<K>,
): Promise<{ readonly items: readonly FleetView<K>[]; readonly nextCursor: string | null }> {
  const { table, key } = fleetTable(kind)
  const values: unknown[] = []
  const value = (of: unknown): string => `$${values.push(of)}`
  const conditions = Object.entries(filter).flatMap(([name, of]) => {
    const condition = CONDITIONS[kind][name]
    return of === undefined || condition === undefined ? [] : [condition.replaceAll('$', () => value(of))]
  })
  if (cursor !== undefined) conditions.push(`${key} > ${value(readCursor(cursor, 1)[0])}`)
  const rows = await read<FleetView<K>>(
    undefined,
    `select ${fleetColumns(kind)}
     from ${table}
     ${conditions.length === 0 ? '' : `where ${conditions.join('\n       and ')}`}
     order by ${key}
     limit ${value(limit + 1)}::int`,
    values,
  )
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last ? writeCursor([String(Reflect.get(last, `${kind}Id`))]) : null }
}

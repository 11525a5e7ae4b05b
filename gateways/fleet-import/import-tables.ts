import type { FleetCommandType } from '../../schemas/commands/fleet.ts'
import type { FleetKind } from '../../schemas/queries/fleet.ts'

/** One table of a fleet that is imported, with the columns that devices get too. */
export interface ImportTable {
  readonly name: string
  /** What each row is: a thing of this kind, or a link. */
  readonly kind: FleetKind | undefined
  /** The command that each row is first tried as. */
  readonly type: FleetCommandType
  /** Field of the command by column. An empty value of an optional one is none. */
  readonly columns: Readonly<Record<string, string>>
  readonly optional: readonly string[]
  /** The columns that tell a row from the others. */
  readonly key: readonly string[]
  /** Fields that a thing keeps for life: a row that says another is refused. */
  readonly fixed: readonly string[]
}

/** In an order in which what is referred to comes first. */
export const IMPORT_TABLES: readonly ImportTable[] = [
  {
    name: 'companies',
    kind: 'company',
    type: 'company.register',
    columns: { company_id: 'companyId', name: 'name' },
    optional: [],
    key: ['company_id'],
    fixed: [],
  },
  {
    name: 'locations',
    kind: 'location',
    type: 'location.register',
    columns: {
      location_id: 'locationId',
      company_id: 'companyId',
      name: 'name',
      address: 'address',
      time_zone: 'timeZone',
      latitude: 'latitude',
      longitude: 'longitude',
    },
    optional: ['address', 'time_zone', 'latitude', 'longitude'],
    key: ['location_id'],
    fixed: ['companyId'],
  },
  {
    name: 'groups',
    kind: 'group',
    type: 'group.register',
    columns: { group_id: 'groupId', company_id: 'companyId', name: 'name', description: 'description' },
    optional: ['description'],
    key: ['group_id'],
    fixed: ['companyId'],
  },
  {
    name: 'users',
    kind: 'user',
    type: 'user.register',
    columns: { user_id: 'userId', company_id: 'companyId', name: 'name', email: 'email', phone: 'phone' },
    optional: ['email', 'phone'],
    key: ['user_id'],
    fixed: [],
  },
  {
    name: 'areas',
    kind: 'area',
    type: 'area.register',
    columns: { area_id: 'areaId', location_id: 'locationId', name: 'name', description: 'description' },
    optional: ['description'],
    key: ['area_id'],
    fixed: ['locationId'],
  },
  {
    name: 'devices',
    kind: 'device',
    type: 'device.register',
    columns: { device_id: 'deviceId', mac: 'mac', location_id: 'locationId', name: 'name', model: 'model' },
    optional: ['location_id', 'name', 'model'],
    key: ['device_id'],
    fixed: [],
  },
  {
    name: 'location_groups',
    kind: undefined,
    type: 'location.link-group',
    columns: { location_id: 'locationId', group_id: 'groupId' },
    optional: [],
    key: ['location_id', 'group_id'],
    fixed: [],
  },
  {
    name: 'group_users',
    kind: undefined,
    type: 'user.link-group',
    columns: { group_id: 'groupId', user_id: 'userId' },
    optional: [],
    key: ['group_id', 'user_id'],
    fixed: [],
  },
]

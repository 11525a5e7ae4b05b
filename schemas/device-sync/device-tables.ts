/** Type of a column as Postgres spells it. Values travel as Postgres writes them (see `rows.ts`), whatever the type. */
export type ColumnType =
  | 'text'
  | 'timestamptz'
  | 'numeric'
  | 'bigint'
  | 'integer'
  | 'boolean'
  | 'bytea'
  | 'uuid'
  | 'double precision'
  | 'jsonb'

export interface DeviceColumn {
  readonly name: string
  readonly type: ColumnType
  readonly nullable?: true
}

/** One table of what a device gets. */
export interface DeviceTable {
  readonly name: string
  readonly columns: readonly DeviceColumn[]
  /** Rows are ordered by these, as text, `COLLATE "C"`. Never null. */
  readonly primaryKey: readonly string[]
  /** Columns that services on the device look rows up by, beside the primary key. */
  readonly indexes?: readonly (readonly string[])[]
}

const changes: readonly DeviceColumn[] = [
  { name: 'created_at', type: 'timestamptz' },
  { name: 'updated_at', type: 'timestamptz' },
]

const text = (name: string): DeviceColumn => ({ name, type: 'text' })
const maybe = (name: string, type: ColumnType = 'text'): DeviceColumn => ({ name, type, nullable: true })

const version1: readonly DeviceTable[] = [
  { name: 'companies', columns: [text('company_id'), text('name'), ...changes], primaryKey: ['company_id'] },
  {
    name: 'locations',
    columns: [
      text('location_id'),
      text('company_id'),
      text('name'),
      maybe('address'),
      maybe('time_zone'),
      maybe('latitude', 'numeric'),
      maybe('longitude', 'numeric'),
      ...changes,
    ],
    primaryKey: ['location_id'],
  },
  {
    name: 'groups',
    columns: [text('group_id'), text('company_id'), text('name'), maybe('description'), ...changes],
    primaryKey: ['group_id'],
  },
  {
    name: 'users',
    columns: [text('user_id'), text('company_id'), text('name'), maybe('email'), maybe('phone'), ...changes],
    primaryKey: ['user_id'],
    indexes: [['email']],
  },
  {
    name: 'areas',
    columns: [text('area_id'), text('location_id'), text('name'), maybe('description'), ...changes],
    primaryKey: ['area_id'],
  },
  {
    name: 'devices',
    columns: [text('device_id'), text('mac'), text('location_id'), maybe('name'), maybe('model'), ...changes],
    primaryKey: ['device_id'],
    indexes: [['mac']],
  },
  {
    name: 'location_groups',
    columns: [text('location_id'), text('group_id')],
    primaryKey: ['location_id', 'group_id'],
    indexes: [['group_id']],
  },
  {
    name: 'group_users',
    columns: [text('group_id'), text('user_id')],
    primaryKey: ['group_id', 'user_id'],
    indexes: [['user_id']],
  },
]

/**
 * What a device gets, by `schemaVersion`, each in an order in which what is referred to comes first. A change is a new
 * version: central serves the newest two, since an upgrade of all devices at one moment does not exist.
 */
export const deviceTables: ReadonlyMap<number, readonly DeviceTable[]> = new Map([[1, version1]])

/** The newest. */
export const DEVICE_SCHEMA_VERSION = 1

import type { Table } from '../table.ts'
import { nameIndexSql } from './name-words.ts'

const times = { created_at: 'timestamptz', updated_at: 'timestamptz', revision: 'bigint' } as const

/** The things of the fleet, by the first word of their events: their table, and the column that is their id. */
export const THINGS = {
  company: { name: 'companies', key: 'company_id', columns: { company_id: 'text', name: 'text', ...times } },
  location: {
    name: 'locations',
    key: 'location_id',
    columns: {
      location_id: 'text',
      company_id: 'text',
      name: 'text',
      address: 'text',
      time_zone: 'text',
      latitude: 'numeric',
      longitude: 'numeric',
      ...times,
    },
  },
  group: {
    name: 'groups',
    key: 'group_id',
    columns: { group_id: 'text', company_id: 'text', name: 'text', description: 'text', ...times },
  },
  user: {
    name: 'users',
    key: 'user_id',
    columns: { user_id: 'text', company_id: 'text', name: 'text', email: 'text', phone: 'text', ...times },
  },
  area: {
    name: 'areas',
    key: 'area_id',
    columns: { area_id: 'text', location_id: 'text', name: 'text', description: 'text', ...times },
  },
  device: {
    name: 'devices',
    key: 'device_id',
    columns: {
      device_id: 'text',
      mac: 'text',
      location_id: 'text',
      name: 'text',
      model: 'text',
      status: 'text',
      ...times,
    },
  },
} as const satisfies Record<string, Table & { readonly key: string }>

export const LOCATION_GROUPS = {
  name: 'location_groups',
  columns: { location_id: 'text', group_id: 'text' },
} as const satisfies Table

export const GROUP_USERS = {
  name: 'group_users',
  columns: { group_id: 'text', user_id: 'text' },
} as const satisfies Table

const TIMES = `
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- Position of the aggregate's last event.
    revision bigint not null`

export const CREATE_FLEET_TABLES = `
  create table companies (
    company_id text collate "C" primary key,
    name text not null,${TIMES}
  );

  create table locations (
    location_id text collate "C" primary key,
    company_id text collate "C" not null,
    name text not null,
    address text,
    time_zone text,
    latitude numeric,
    longitude numeric,${TIMES}
  );

  create table groups (
    group_id text collate "C" primary key,
    company_id text collate "C" not null,
    name text not null,
    description text,${TIMES}
  );

  create table users (
    user_id text collate "C" primary key,
    company_id text collate "C" not null,
    name text not null,
    email text,
    phone text,${TIMES}
  );

  create table areas (
    area_id text collate "C" primary key,
    location_id text collate "C" not null,
    name text not null,
    description text,${TIMES}
  );

  -- Decommissioned ones too: their ids and what they were stay known.
  create table devices (
    device_id text collate "C" primary key,
    mac text collate "C" not null,
    -- Null: it stands nowhere.
    location_id text collate "C",
    name text,
    model text,
    status text not null check (status in ('active', 'decommissioned')),${TIMES}
  );

  create table location_groups (
    location_id text collate "C" not null,
    group_id text collate "C" not null,
    -- The groups of a location.
    primary key (location_id, group_id)
  );
  -- The locations of a group: what a change of it marks, and what goes with it.
  create index idx_location_groups_group on location_groups (group_id, location_id);

  create table group_users (
    group_id text collate "C" not null,
    user_id text collate "C" not null,
    -- The users of a group, so those of a location.
    primary key (group_id, user_id)
  );
  -- The groups of a user: what a change of them marks, and what goes with them.
  create index idx_group_users_user on group_users (user_id, group_id);

  -- One row per location:<id> at which something was ever seen: its company, itself, its areas, groups and their users, its
  -- devices. Rows are never deleted, or a rebuild could not tell the same: who builds remembers what position it has built.
  create table dirty_scopes (
    scope text collate "C" primary key,
    -- Position of the last event that changed what is seen there.
    position bigint not null
  )`

export const COMPLETE_FLEET = [
  ...['users', 'devices', 'areas', 'groups', 'locations', 'companies'].map(nameIndexSql),
  // The users of a company: whether it may be removed, and lists.
  'create index idx_users_company on users (company_id, user_id)',
  'create index idx_groups_company on groups (company_id, group_id)',
  // The locations of a company: what a change of it marks too.
  'create index idx_locations_company on locations (company_id, location_id)',
  'create index idx_areas_location on areas (location_id, area_id)',
  'create index idx_devices_location on devices (location_id, device_id) where location_id is not null',
  // Finds a device by its address, and says once more that no two have the same.
  `create unique index idx_devices_mac on devices (mac) where status = 'active'`,
  // Finds what has become dirty since.
  'create index idx_dirty_scopes_position on dirty_scopes (position)',
]

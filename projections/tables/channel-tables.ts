import type { Table } from '../table.ts'

export const CHANNELS = {
  name: 'channels',
  columns: {
    id: 'bigint',
    uuid: 'uuid',
    name: 'text',
    secondary: 'text',
    meta: 'text',
    description: 'text',
    author: 'text',
    target: 'text',
    unit: 'text',
    device: 'text',
    created_at: 'timestamptz',
    updated_at: 'timestamptz',
    retired_at: 'timestamptz',
    revision: 'bigint',
  },
} as const satisfies Table

export const CREATE_CHANNELS = `
  create table channels (
    -- Position of the event that registered the channel: what clients keep as server_stream_id.
    id bigint not null,
    uuid uuid primary key,
    name text collate "C" not null,
    secondary text,
    meta text,
    description text,
    author text not null,
    target text,
    unit text,
    device text collate "C",
    created_at timestamptz not null,
    updated_at timestamptz not null,
    retired_at timestamptz,
    -- Position of the channel's last event.
    revision bigint not null
  )`

/** Words of a channel, for search: a lookup by the beginning of each. */
export const CHANNEL_WORDS = `to_tsvector('simple',
  name || ' ' || coalesce(secondary, '') || ' ' || coalesce(description, '') || ' ' || coalesce(target, '') || ' ' ||
  coalesce(unit, '') || ' ' || coalesce(device, ''))`

export const COMPLETE_CHANNELS = [
  'create unique index idx_channels_id on channels (id)',
  // By name, and all in order of it.
  'create index idx_channels_name on channels (name, id)',
  'create index idx_channels_device on channels (device, name, id) where device is not null',
  `create index idx_channels_words on channels using gin (${CHANNEL_WORDS})`,
]

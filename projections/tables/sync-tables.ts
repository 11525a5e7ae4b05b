import { CREATE_SYNC_HORIZON, EXPIRE } from './sync-retention.ts'

/** Tables of projector `device_sync`: the three of the audit, and what is counted from them. */
export const CREATE_SYNC_TABLES = `${CREATE_SYNC_HORIZON}
  create table sync_requests (
    -- Position in stream SYNC.
    id bigint primary key,
    device_id text collate "C" not null,
    mac text not null,
    manifest_id text collate "C",
    requested_at timestamptz not null,
    status text not null,
    reason text,
    via text not null,
    -- The exact hash of all content that was handed out or confirmed.
    payload_sha256 text
  );
  create table sync_manifests (
    manifest_id text collate "C" not null,
    device_id text collate "C" not null,
    generated_at timestamptz not null,
    table_name text collate "C" not null,
    row_count bigint not null,
    sha256 text not null,
    filter_desc text not null,
    payload_sha256 text not null,
    -- The day on which it was handed out last.
    handed_on timestamptz not null,
    primary key (manifest_id, table_name)
  );
  create table sync_acknowledgements (
    id bigint primary key,
    -- Of the ack as it was sent: the same again is no other.
    digest text not null unique,
    device_id text collate "C" not null,
    manifest_id text collate "C" not null,
    mac text not null,
    completed_at timestamptz not null,
    result text not null,
    duration_ms bigint not null,
    device_counts_json jsonb not null,
    device_hashes_json jsonb not null,
    error_text text,
    acknowledged_at timestamptz not null,
    payload_sha256 text
  );
  create table sync_devices (
    device_id text collate "C" primary key,
    mac text not null,
    last_request_at timestamptz,
    last_ack_at timestamptz,
    last_result text,
    -- When it last said that it is what it should be: by an ack of success, or by asking with its newest manifest.
    last_good_at timestamptz,
    -- What it was handed last, or said that it has, and when last.
    handed_manifest_id text,
    handed_at timestamptz,
    -- Rows by table of that; null: they are not known any more.
    handed_counts jsonb,
    counted_at timestamptz
  );
  -- By day, in UTC: of how many requests and acks each outcome was.
  create table sync_outcomes (
    kind text collate "C" not null,
    label text collate "C" not null,
    day timestamptz not null,
    total bigint not null,
    primary key (kind, label, day)
  );
  -- Likewise: rows that came and went, by table. They are counted from what a device had before, however long ago that was.
  create table sync_deltas (like sync_outcomes including all)`

export const COMPLETE_SYNC_TABLES = [
  ...EXPIRE,
  'create index idx_sync_requests_device on sync_requests (device_id, id)',
  'create index idx_sync_requests_time on sync_requests (requested_at, id)',
  'create index idx_sync_acknowledgements_device on sync_acknowledgements (device_id, id)',
  'create index idx_sync_acknowledgements_manifest on sync_acknowledgements (manifest_id)',
  'create index idx_sync_acknowledgements_time on sync_acknowledgements (acknowledged_at)',
  'create index idx_sync_manifests_handed on sync_manifests (handed_on)',
  'create index idx_sync_manifests_device on sync_manifests (device_id, manifest_id)',
]

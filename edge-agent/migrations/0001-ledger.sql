-- The ledger of a device: what it was told to be, what it became, and why not. Mirrored tables are in schema pharos.
create schema if not exists pharos_edge;
create schema if not exists pharos;

create table pharos_edge.edge_sync_log (
  id bigint generated always as identity primary key,
  -- Null when it failed before there was a manifest.
  manifest_id text,
  started_at timestamptz not null,
  completed_at timestamptz,
  status text not null check (status in ('running', 'success', 'failed')),
  duration_ms bigint,
  error_text text
);
create index edge_sync_log_running on pharos_edge.edge_sync_log (id) where status = 'running';

-- Counts and hashes as they were read back from this database.
create table pharos_edge.edge_sync_tables (
  edge_sync_id bigint not null references pharos_edge.edge_sync_log (id) on delete cascade,
  table_name text not null,
  row_count bigint not null,
  sha256 text not null,
  primary key (edge_sync_id, table_name)
);

create table pharos_edge.edge_sync_state (
  key text primary key,
  value text not null
);

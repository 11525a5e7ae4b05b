-- What the builder of device manifests has built. Fleet tables say which locations are dirty; these say how far each is built.
create schema pharos_device_manifest;

-- All that a location's devices see was built as of this position. A location that is not here is yet to be built.
create table pharos_device_manifest.built_locations (
  location_id text collate "C" primary key,
  epoch text not null,
  position bigint not null
);

-- The newest content of one table for one scope: a location, or one device.
create table pharos_device_manifest.payloads (
  scope text collate "C" not null,
  schema_version integer not null,
  table_name text not null,
  row_count bigint not null,
  sha256 text not null,
  -- [{sha256, rows, bytes}], in row order.
  chunks jsonb not null,
  primary key (scope, schema_version, table_name)
);

-- Which scopes need a chunk.
create table pharos_device_manifest.chunk_references (
  sha256 text not null,
  scope text collate "C" not null,
  schema_version integer not null,
  table_name text not null,
  primary key (scope, schema_version, table_name, sha256)
);
create index chunk_references_sha256 on pharos_device_manifest.chunk_references (sha256);

-- Chunks that are stored in bucket `payloads`.
create table pharos_device_manifest.chunks (
  sha256 text primary key,
  bytes bigint not null,
  stored_bytes bigint not null,
  -- Since when no scope needs it; it is collected a day later.
  released_at timestamptz
);
create index chunks_released on pharos_device_manifest.chunks (released_at) where released_at is not null;

-- The newest manifest of each device, as it stands in stream MANIFESTS.
create table pharos_device_manifest.manifests (
  device_id text collate "C" not null,
  schema_version integer not null,
  location_id text collate "C" not null,
  manifest_id text not null,
  -- Of the content.
  sha256 text not null,
  epoch text not null,
  position bigint not null,
  generated_at timestamptz not null,
  -- Sequence in stream MANIFESTS.
  revision bigint not null,
  primary key (device_id, schema_version)
);
create index manifests_location on pharos_device_manifest.manifests (location_id);

create view pharos.device_manifests as
select device_id, schema_version, location_id, manifest_id, sha256, epoch, position, generated_at
from pharos_device_manifest.manifests;

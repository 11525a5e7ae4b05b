import type { Table } from '../table.ts'

/** Rows that the projector `alias_index` writes in bulk. */
export const INDEX_ENTRIES = {
  name: 'index_entries',
  columns: {
    scope_key: 'text',
    node: 'text',
    name_key: 'text',
    name: 'text',
    target_kind: 'text',
    target: 'text',
    id: 'bigint',
    is_taken: 'boolean',
    is_enabled: 'boolean',
    expires: 'bigint',
    revision: 'bigint',
  },
} as const satisfies Table

export const INDEX_VERSIONS = {
  name: 'index_versions',
  columns: { scope_key: 'text', version: 'bigint', position: 'bigint', revision: 'bigint', at: 'timestamptz' },
} as const satisfies Table

export const CREATE_INDEX_TABLES = `
  -- One row per slot that was ever taken, with what the index says of it. A freed slot keeps its row: the next versions
  -- must say that it is gone. So it grows with the names ever used, as the history of aliases does.
  create table index_entries (
    -- The index scope as escaped tokens (site.KSEA), the node within its site ('': the scope itself), the name key.
    scope_key text collate "C" not null,
    node text collate "C" not null,
    name_key text collate "C" not null,
    name text not null,
    target_kind text not null check (target_kind in ('channel', 'endpoint')),
    target text not null,
    -- The alias's integer id.
    id bigint not null,
    is_taken boolean not null,
    is_enabled boolean not null,
    -- Epoch milliseconds; 0: never.
    expires bigint not null,
    -- Position of the last event that changed what the index says.
    revision bigint not null,
    primary key (scope_key, node, name_key)
  );

  -- One row per index scope: what makes it due.
  create table index_scopes (
    scope_key text collate "C" primary key,
    -- Position of the last event that changed its content.
    changed_at bigint not null,
    -- The same, or where a job ended that had held it back.
    due_at bigint not null
  );

  -- Scopes that running jobs hold back.
  create table index_jobs (
    job_id text collate "C" not null,
    scope_key text collate "C" not null,
    primary key (job_id, scope_key)
  );

  -- All versions that were claimed.
  create table index_versions (
    scope_key text collate "C" not null,
    version bigint not null,
    position bigint not null,
    -- Position of the claim itself.
    revision bigint not null,
    at timestamptz not null,
    primary key (scope_key, version)
  )`

export const COMPLETE_INDEX = [
  // Finds what has changed in a scope since a version.
  'create index idx_index_entries_revision on index_entries (scope_key, revision)',
  // Finds the scopes that are due.
  'create index idx_index_scopes_due_at on index_scopes (due_at)',
  // Finds whether a job holds a scope back.
  'create index idx_index_jobs_scope on index_jobs (scope_key)',
]

import type { Table } from '../table.ts'

/** Rows that the projector `aliases` writes in bulk. */
export const ALIASES = {
  name: 'aliases',
  columns: {
    scope_key: 'text',
    name_key: 'text',
    id: 'bigint',
    alias_id: 'text',
    alias: 'text',
    scope: 'text',
    site: 'text',
    node: 'text',
    context: 'text',
    target_kind: 'text',
    canonical: 'text',
    channel_id: 'uuid',
    owner: 'text',
    description: 'text',
    metadata: 'jsonb',
    is_active: 'boolean',
    expires_at: 'timestamptz',
    created_at: 'timestamptz',
    created_by: 'text',
    updated_at: 'timestamptz',
    revision: 'bigint',
  },
} as const satisfies Table

export const ALIAS_HISTORY = {
  name: 'alias_history',
  columns: {
    alias_id: 'text',
    position: 'bigint',
    scope_key: 'text',
    name_key: 'text',
    at: 'timestamptz',
    actor: 'text',
    command_id: 'text',
    event: 'text',
    details: 'json',
  },
  isOnlyWritten: true,
} as const satisfies Table

export const CREATE_ALIAS_TABLES = `
  -- One row per slot that an alias lives in, also for a while when it has expired. Keys compare by byte, as the slots of the log do.
  create table aliases (
    -- The scope as escaped tokens (node.KSEA.gate-4) and the name key: together the slot.
    scope_key text collate "C" not null,
    name_key text collate "C" not null,
    -- Position of the event that registered the alias. Renames keep it.
    id bigint not null,
    alias_id text collate "C" not null,
    alias text not null,
    scope text not null check (scope in ('global', 'site', 'node', 'context')),
    site text,
    node text,
    -- 'global' for every scope but a context.
    context text not null,
    target_kind text not null check (target_kind in ('channel', 'endpoint')),
    -- What it stands for: the URL, or the channel's UUID as text.
    canonical text not null,
    channel_id uuid,
    owner text not null,
    description text,
    metadata jsonb not null,
    is_active boolean not null,
    expires_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    -- Position of the slot's last event.
    revision bigint not null,
    -- Resolves a name, lists a scope, finds the rows that events change.
    primary key (scope_key, name_key)
  );

  -- One row per channel that has an enabled alias: its primary alias, the one that was registered first.
  create table channel_aliases (
    channel_id uuid not null,
    alias text not null,
    site text,
    node text,
    context text,
    metadata jsonb not null,
    last_updated timestamptz not null,
    alias_id text collate "C" not null,
    expires_at timestamptz
  );

  -- The life of each alias through all its slots.
  create table alias_history (
    alias_id text collate "C" not null,
    position bigint not null,
    scope_key text collate "C" not null,
    name_key text collate "C" not null,
    at timestamptz not null,
    actor text not null,
    command_id text not null,
    event text not null,
    -- As text: written a million times in a rebuild, and made jsonb where it is read.
    details json not null
  )`

/** Finds the aliases whose time has come. Most never expire. */
export const EXPIRY_INDEX =
  'create index if not exists idx_aliases_expires_at on aliases (expires_at) where expires_at is not null'

export const COMPLETE_ALIASES = [
  // The history of one alias, in order.
  'create unique index alias_history_pkey on alias_history (alias_id, position)',
  // Finds who lived in a slot last.
  'create index idx_alias_history_slot on alias_history (scope_key, name_key, position)',
  // Lists by the beginning of a name across scopes.
  'create index idx_aliases_name_key on aliases (name_key, scope_key)',
  // Asked for by name and context as written.
  'create index idx_aliases_alias_context on aliases (alias, context)',
  // Finds the aliases of a channel, oldest first: its primary alias, and lists by target.
  'create index idx_aliases_channel on aliases (channel_id, id) where channel_id is not null',
  // Lists by target, for endpoints.
  'create index idx_aliases_endpoint on aliases (canonical) where channel_id is null',
  EXPIRY_INDEX,
]

import type { Table } from '../table.ts'

/** Rows of one audited stream. */
export const AUDIT_ENTRIES = {
  name: 'audit_entries',
  columns: {
    position: 'bigint',
    action: 'text',
    actor: 'text',
    status: 'text',
    subject: 'text',
    command_id: 'text',
    details: 'text',
    created_at: 'timestamptz',
    prev_hash: 'text',
    hash: 'text',
  },
} as const satisfies Table

export const CREATE_AUDIT_TABLES = `
  -- One row per message of the stream, in its order: each is chained to the one before by its hash.
  create table audit_entries (
    position bigint primary key,
    action text not null,
    actor text not null,
    status text not null,
    subject text collate "C" not null,
    command_id text not null,
    -- Canonical JSON, as text: what the hash covers must come back byte by byte.
    details text not null,
    created_at timestamptz not null,
    prev_hash text not null,
    hash text not null
  )`

/** What was archived, and when: entries are not touched by it. */
export const AUDIT_ARCHIVINGS = {
  name: 'audit_archivings',
  columns: { position: 'bigint', before: 'timestamptz', archived_at: 'timestamptz' },
} as const satisfies Table

export const CREATE_AUDIT_ARCHIVINGS = `
  create table audit_archivings (
    position bigint primary key,
    before timestamptz not null,
    archived_at timestamptz not null
  )`

/** By time, and within what is asked for by time; each is created in a session of its own. */
export const CREATE_AUDIT_INDEXES = [
  'create index idx_audit_logs_created_at on audit_entries (created_at, position)',
  'create index idx_audit_logs_actor on audit_entries (actor, created_at, position)',
  // Of one aggregate, or of all whose subject begins so.
  'create index idx_audit_logs_subject on audit_entries (subject, created_at, position)',
  'create index idx_audit_logs_action on audit_entries (action, created_at, position)',
]

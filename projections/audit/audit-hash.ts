import { hash } from 'node:crypto'
import type { AuditEntry } from './audit-entry.ts'

/** What the first entry of a stream is chained to. */
export const GENESIS = '0'.repeat(64)

/**
 * The link of an entry to the one before it in its stream: sha256, as 64 lower-case hex digits, over the UTF-8 bytes of
 * the JSON array, without any white space,
 *
 *     [prevHash, position, createdAt, actor, action, status, subject, commandId, details]
 *
 * `position` is a number, all others are strings; JSON escapes as ECMAScript's `JSON.stringify` does. `prevHash` is the
 * hash of the entry before, 64 zeros for the first. `createdAt` is RFC 3339 in UTC to the millisecond
 * (`2026-03-01T12:00:00.000Z`). `details` is JSON with all keys sorted by code unit and no white space, as a string.
 * The columns `is_archived` and `archived_at` are not covered: archiving hides entries and changes none.
 */
export function auditHash(entry: AuditEntry, prevHash: string): string {
  return hash('sha256', hashedText(entry, prevHash))
}

/** The text that the hash of an entry is over. */
export function hashedText(entry: AuditEntry, prevHash: string): string {
  const { position, createdAt, actor, action, status, subject, commandId, details } = entry
  return JSON.stringify([prevHash, position, createdAt, actor, action, status, subject, commandId, details])
}

/** The same of a row, in SQL: Postgres escapes texts in JSON as `JSON.stringify` does. */
export const HASHED_TEXT = `
  '[' || to_json(prev_hash)::text || ',' || position || ','
  || to_json(to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text || ','
  || to_json(actor)::text || ',' || to_json(action)::text || ',' || to_json(status)::text || ','
  || to_json(subject)::text || ',' || to_json(command_id)::text || ',' || to_json(details)::text || ']'`

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
  const { position, createdAt, actor, action, status, subject, commandId, details } = entry
  const text = [prevHash, position, createdAt, actor, action, status, subject, commandId, details]
  return hash('sha256', JSON.stringify(text))
}

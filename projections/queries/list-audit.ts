import type { AuditFilter, AuditLine } from '../../schemas/queries/audit.ts'
import { isoTime } from '../alias-row.ts'
import { auditConditions } from './audit-conditions.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'

interface AuditLineRow extends Omit<AuditLine, 'id' | 'position' | 'details'> {
  readonly id: string
  readonly position: string
  readonly details: string
  readonly exact_time: string
}

export interface AuditPage {
  readonly entries: readonly AuditLine[]
  readonly nextCursor: string | null
}

/** A page ends when it is so large, in characters of details: it must fit into one message. */
const PAGE_SIZE = 400_000

/**
 * A page of the audit, in order of time. Pages go on after the last entry seen, so what is written meanwhile makes none
 * appear twice or be left out. @throws RangeError when the cursor is not one of this list's.
 */
export async function listAudit(
  read: Read,
  query: AuditFilter & {
    readonly order: 'newest' | 'oldest'
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<AuditPage> {
  const values: unknown[] = []
  const value = (of: unknown): string => `$${values.push(of)}`
  const conditions = auditConditions(query, value)
  const [after, direction] = query.order === 'newest' ? ['<', 'desc'] : ['>', 'asc']
  if (query.cursor !== undefined) {
    const [time, id] = readCursor(query.cursor, 2)
    if (!/^[-\d: .+]{1,40}$/.test(time ?? '') || !/^-?\d{1,16}$/.test(id ?? ''))
      throw new RangeError('not a cursor of this list')
    conditions.push(`(created_at, id) ${after} (${value(time)}::timestamptz, ${value(id)}::bigint)`)
  }
  const rows = await read<AuditLineRow>(
    undefined,
    `select id, stream, position, action, actor, status, subject, command_id as "commandId", details,
       ${isoTime('created_at')} as "createdAt", is_archived as "isArchived", ${isoTime('archived_at')} as "archivedAt",
       prev_hash as "prevHash", hash, created_at::text as exact_time
     from pharos.audit_logs
     ${conditions.length === 0 ? '' : `where ${conditions.join('\n       and ')}`}
     order by created_at ${direction}, id ${direction}
     limit ${value(query.limit + 1)}::int`,
    values,
  )
  const page = rows.slice(0, fitting(rows.slice(0, query.limit)))
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { entries: page.map(auditLine), nextCursor: last ? writeCursor([last.exact_time, last.id]) : null }
}

/** How many of the rows fit into a page; one at least. */
function fitting(rows: readonly AuditLineRow[]): number {
  let size = 0
  const beyond = rows.findIndex(({ details }) => (size += details.length) > PAGE_SIZE)
  return beyond === -1 ? rows.length : Math.max(1, beyond)
}

function auditLine(row: AuditLineRow): AuditLine {
  const { stream, action, actor, status, subject, commandId, createdAt, isArchived, archivedAt, prevHash, hash } = row
  const [id, position, details] = [Number(row.id), Number(row.position), JSON.parse(row.details)]
  const said = { action, actor, status, subject, commandId, details, createdAt }
  return { id, stream, position, ...said, isArchived, archivedAt, prevHash, hash }
}

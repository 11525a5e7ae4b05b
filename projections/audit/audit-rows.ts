import type { ClientBase } from 'pg'
import type { AuditEntry } from './audit-entry.ts'

/** An entry as its row has it; `createdAt` to the microsecond. */
export interface AuditRow extends AuditEntry {
  readonly prevHash: string
  readonly hash: string
}

type Columns = [string, string, string, string, string, string, string, string, string, string]

/** To the microsecond, as Postgres keeps it: a change too small for the entry's milliseconds must show too. */
export const EXACT_TIME = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** An entry's time as {@link EXACT_TIME} writes it. */
export function exactTime(createdAt: string): string {
  return createdAt.replace('Z', '000Z')
}

/**
 * All of a row in SQL, a column a line. As it stands: to escape what texts say takes Postgres several times as long as all
 * the rest. So two rows of one text are the same row only if the columns of either have no line end, see {@link rowText}.
 */
export const ROW_TEXT = ['position::text', EXACT_TIME, 'actor', 'action', 'status', 'subject', 'command_id', 'details']
  .concat('prev_hash', 'hash', "''")
  .join(` || E'\\n' || `)

/** The same of a row that is expected; `undefined` if a column has a line end: compare the rows themselves. */
export function rowText(row: AuditRow): string | undefined {
  const { position, createdAt, actor, action, status, subject, commandId, details, prevHash, hash } = row
  // There is none in details, which are canonical JSON.
  const hasLineEnd = [actor, action, status, subject, commandId].some((text) => text.includes('\n'))
  if (hasLineEnd) return undefined
  return `${position}\n${createdAt}\n${actor}\n${action}\n${status}\n${subject}\n${commandId}\n${details}\n${prevHash}\n${hash}\n`
}

/** The rows after `after` and up to `until`, in stream order; at most `most`. */
export async function auditRows(
  client: ClientBase,
  { after, until, most }: { readonly after: number; readonly until: number; readonly most: number },
): Promise<readonly AuditRow[]> {
  const { rows } = await client.query<Columns>({
    text: `
      select position, action, actor, status, subject, command_id, details, ${EXACT_TIME}, prev_hash, hash
      from audit_entries
      where position > $1 and position <= $2
      order by position
      limit $3`,
    values: [after, until, most],
    rowMode: 'array',
  })
  return rows.map(([position, action, actor, status, subject, commandId, details, createdAt, prevHash, hash]) => ({
    position: Number(position),
    action,
    actor,
    status,
    subject,
    commandId,
    details,
    createdAt,
    prevHash,
    hash,
  }))
}

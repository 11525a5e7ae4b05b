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

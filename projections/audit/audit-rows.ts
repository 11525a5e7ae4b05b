import type { ClientBase } from 'pg'
import type { AuditEntry } from './audit-entry.ts'

/** An entry as its row has it; `createdAt` to the microsecond. */
export interface AuditRow extends AuditEntry {
  readonly prevHash: string
  readonly hash: string
}

type Columns = [string, string, string, string, string, string, string, string, string, string]

/** To the microsecond, as Postgres keeps it: a change too small for the entry's milliseconds must show too. */
const EXACT_TIME = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Rows that are fetched at once. */
const FETCH = 2_000

/** All rows of the generation that the session works in, in stream order, within the transaction that is open. */
export async function* auditRows(client: ClientBase): AsyncGenerator<AuditRow, void> {
  await client.query(`
    declare audit_rows no scroll cursor for
    select position, action, actor, status, subject, command_id, details, ${EXACT_TIME}, prev_hash, hash
    from audit_entries
    order by position`)
  const fetch = () => client.query<Columns>({ text: `fetch ${FETCH} from audit_rows`, rowMode: 'array' })
  let next = fetch()
  for (;;) {
    const { rows } = await next
    if (rows.length === 0) return
    // The next are on their way while these are looked at.
    next = fetch()
    next.catch(() => undefined)
    for (const [position, action, actor, status, subject, commandId, details, createdAt, prevHash, hash] of rows)
      yield {
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
      }
  }
}

import type { ClientBase } from 'pg'
import { ROW_TEXT } from './audit-rows.ts'
import type { StretchProof } from './stretch-proof.ts'

/**
 * A stretch of the audit on its way to be proven: what its rows must come to, by the log, and Postgres' word for what they
 * are, as one digest over all columns of all rows. To read the rows themselves costs several times as much, and is needed
 * only where the digests differ.
 */
export interface AuditBlock {
  readonly after: number
  readonly until: number
  readonly expected: Promise<StretchProof>
  readonly told: Promise<RowsDigest>
}

export interface RowsDigest {
  readonly rows: number
  readonly digest: string
}

/** Whether the rows are what they must be. False: perhaps, look at them. */
export function isProven(expected: StretchProof, told: RowsDigest): boolean {
  return told.rows === expected.entries && told.digest === expected.digest
}

/** What Postgres says of the rows after `after` and up to `until`, within the transaction that is open. */
export async function rowsDigest(
  client: ClientBase,
  { after, until }: { readonly after: number; readonly until: number },
): Promise<RowsDigest> {
  const { rows } = await client.query<RowsDigest>({
    name: 'audit block',
    text: `
      select count(*)::integer as rows,
        encode(sha256(convert_to(coalesce(string_agg(${ROW_TEXT}, '' order by position), ''), 'UTF8')), 'hex') as digest
      from audit_entries
      where position > $1 and position <= $2`,
    values: [after, until],
  })
  return rows[0] ?? { rows: 0, digest: '' }
}

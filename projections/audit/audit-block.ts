import { hash } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { AuditEntry } from './audit-entry.ts'
import { auditHash } from './audit-hash.ts'
import { type AuditRow, exactTime, ROW_TEXT, rowText } from './audit-rows.ts'

/**
 * A stretch of the audit on its way to be proven: what its rows must be, made from the log, and Postgres' word for what
 * they are, as one digest over all columns of all rows. To read the rows themselves costs several times as much, and is
 * needed only where the digests differ.
 */
export class AuditBlock {
  readonly after: number
  readonly until: number
  /** What the rows must be. */
  readonly expected: AuditRow[] = []
  readonly #told: Promise<Told>
  /** Of these; `undefined`: a text alone would not prove them. */
  #text: string | undefined = ''

  /** Asks Postgres about the rows after `after` and up to `until`, within the transaction that is open. */
  constructor(client: ClientBase, after: number, until: number) {
    this.after = after
    this.until = until
    this.#told = digestOf(client, this.after, this.until)
    // It comes out where it is awaited.
    this.#told.catch(() => undefined)
  }

  /** Answers the hash of the entry. */
  add(entry: AuditEntry, prevHash: string): string {
    const row = { ...entry, createdAt: exactTime(entry.createdAt), prevHash, hash: auditHash(entry, prevHash) }
    const text = rowText(row)
    this.#text = text === undefined || this.#text === undefined ? undefined : this.#text + text
    this.expected.push(row)
    return row.hash
  }

  /** Whether the rows are what they must be. False: perhaps, look at them. */
  async isProven(): Promise<boolean> {
    const { rows, digest } = await this.#told
    return rows === this.expected.length && this.#text !== undefined && digest === hash('sha256', this.#text)
  }
}

interface Told {
  readonly rows: number
  readonly digest: string
}

async function digestOf(client: ClientBase, after: number, until: number): Promise<Told> {
  const { rows } = await client.query<Told>({
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

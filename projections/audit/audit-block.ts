import { hash } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { AuditEntry } from './audit-entry.ts'
import { HASHED_TEXT, hashedText } from './audit-hash.ts'
import { type AuditRow, EXACT_TIME, exactTime } from './audit-rows.ts'

/**
 * A stretch of the audit on its way to be proven: what its rows must be, made from the log, and Postgres' word for what
 * they are, as one digest over all columns of all rows. To read the rows themselves costs several times as much, and is
 * needed only where the digests differ.
 */
export class AuditBlock {
  readonly after: number
  readonly until: number
  readonly #told: Promise<{ readonly rows: number; readonly digest: string }>
  readonly #expected: { readonly entry: AuditEntry; readonly prevHash: string; readonly hash: string }[] = []
  #text = ''

  /** Asks Postgres about the rows after `after` and up to `until`, within the transaction that is open. */
  constructor(client: ClientBase, after: number, until: number) {
    this.after = after
    this.until = until
    this.#told = digestOf(client, this.after, this.until)
    // It comes out where it is awaited.
    this.#told.catch(() => undefined)
  }

  get length(): number {
    return this.#expected.length
  }

  /** What the rows must be. */
  get expected(): readonly AuditRow[] {
    return this.#expected.map(({ entry, ...chain }) => ({ ...entry, createdAt: exactTime(entry.createdAt), ...chain }))
  }

  /** Answers the hash of the entry. */
  add(entry: AuditEntry, prevHash: string): string {
    const text = hashedText(entry, prevHash)
    const hashed = hash('sha256', text)
    this.#text += text + exactTime(entry.createdAt) + hashed
    this.#expected.push({ entry, prevHash, hash: hashed })
    return hashed
  }

  /** Whether the rows are what they must be. False: perhaps, look at them. */
  async isProven(): Promise<boolean> {
    const { rows, digest } = await this.#told
    return rows === this.#expected.length && digest === hash('sha256', this.#text)
  }
}

async function digestOf(
  client: ClientBase,
  after: number,
  until: number,
): Promise<{ readonly rows: number; readonly digest: string }> {
  const { rows } = await client.query<{ rows: number; digest: string }>({
    name: 'audit block',
    text: `
      select count(*)::integer as rows,
        encode(sha256(convert_to(coalesce(string_agg(line, '' order by position), ''), 'UTF8')), 'hex') as digest
      from (
        select position, ${HASHED_TEXT} || ${EXACT_TIME} || hash as line
        from audit_entries
        where position > $1 and position <= $2
      ) as lines`,
    values: [after, until],
  })
  return rows[0] ?? { rows: 0, digest: '' }
}

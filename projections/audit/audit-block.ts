import { hash } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { AuditEntry } from './audit-entry.ts'
import { type AuditRow, EXACT_TIME, exactTime } from './audit-rows.ts'

/** Between the columns of a row. A row that was forged to read the same in other columns would have more of them. */
const SEPARATOR = '\u001f'
const END = '\u001e'

/**
 * A stretch of the audit on its way to be proven: what its rows must be, made from the log, and Postgres' word for what
 * they are, as one digest over all columns of all rows. To read the rows themselves costs several times as much, and is
 * needed only where the digests differ.
 */
export class AuditBlock {
  readonly after: number
  readonly until: number
  readonly #told: Promise<{ readonly rows: number; readonly digest: string }>
  readonly #expected: AuditRow[] = []
  #text = ''
  /** A column holds a separator: only the rows themselves can tell. */
  #isAmbiguous = false

  /** Asks Postgres about the rows after `after` and up to `until`, within the transaction that is open. */
  constructor(client: ClientBase, after: number, until: number) {
    this.after = after
    this.until = until
    this.#told = digestOf(client, this.after, this.until)
    // It comes out where it is awaited.
    this.#told.catch(() => undefined)
  }

  get expected(): readonly AuditRow[] {
    return this.#expected
  }

  add(entry: AuditEntry, prevHash: string, hashed: string): void {
    const { position, action, actor, status, subject, commandId, details, createdAt } = entry
    const columns = [
      position,
      action,
      actor,
      status,
      subject,
      commandId,
      details,
      exactTime(createdAt),
      prevHash,
      hashed,
    ]
    this.#text += columns.join(SEPARATOR) + END
    this.#isAmbiguous ||= [action, actor, status, subject, commandId].some((text) => text.includes(SEPARATOR))
    this.#expected.push({ ...entry, createdAt: exactTime(createdAt), prevHash, hash: hashed })
  }

  /** Whether the rows are what they must be. False: perhaps, look at them. */
  async isProven(): Promise<boolean> {
    const { rows, digest } = await this.#told
    return !this.#isAmbiguous && rows === this.#expected.length && digest === hash('sha256', this.#text)
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
        select position, concat_ws(
          E'\\u001f', position, action, actor, status, subject, command_id, details, ${EXACT_TIME}, prev_hash, hash
        ) || E'\\u001e' as line
        from audit_entries
        where position > $1 and position <= $2
      ) as lines`,
    values: [after, until],
  })
  return rows[0] ?? { rows: 0, digest: '' }
}

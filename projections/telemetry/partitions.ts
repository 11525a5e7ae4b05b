import type { ClientBase } from 'pg'
import { inTransaction } from '../in-transaction.ts'

/** The month, in UTC, that a moment (milliseconds since 1970) lies in, as a number that counts on: 2026-03 is 24314. */
export function monthOf(ms: number): number {
  const date = new Date(ms)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

function monthStart(month: number): string {
  return new Date(Date.UTC(Math.floor(month / 12), month % 12)).toISOString()
}

function partitionName(month: number): string {
  return `observations_${monthStart(month).slice(0, 7).replace('-', '_')}`
}

/** How observations are cut by time: by us, a partition a month, or by TimescaleDB, which does it by itself. */
export class Partitions {
  readonly #client: ClientBase
  /** Months whose partition is known to be there; `undefined` where TimescaleDB sees to it. */
  readonly #months: Set<number> | undefined

  private constructor(client: ClientBase, months: Set<number> | undefined) {
    this.#client = client
    this.#months = months
  }

  /**
   * @param client of the owner: nobody else makes or drops partitions.
   * @throws Error when the table is cut by nobody, as a dump of a hypertable without its chunks leaves it.
   */
  static async open(client: ClientBase): Promise<Partitions> {
    const { rows } = await client.query<{ partitioned: boolean }>(
      `select relkind = 'p' as partitioned from pg_class where oid = 'observations'::regclass`,
    )
    if (rows[0]?.partitioned === true) return new Partitions(client, new Set(await existing(client)))
    if (await isHypertable(client)) return new Partitions(client, undefined)
    throw new Error(
      'the table observations is neither partitioned nor a hypertable: it was restored without its chunks (docs/backup.md)',
    )
  }

  /** Makes what is missing for these months. Attached when made: readers of other partitions wait for nothing. */
  async ensure(months: ReadonlySet<number>): Promise<void> {
    for (const month of months) {
      if (this.#months === undefined || this.#months.has(month)) continue
      const name = partitionName(month)
      await inTransaction(this.#client, async () => {
        await this.#client.query(`create table ${name} (like observations including all)`)
        await this.#client.query(
          `alter table observations attach partition ${name} for values from ('${monthStart(month)}') to ('${monthStart(month + 1)}')`,
        )
      })
      this.#months.add(month)
    }
  }

  /** Drops whatever holds only what lies before this moment (milliseconds since 1970). Returns the names of what it dropped. */
  async dropBefore(ms: number): Promise<readonly string[]> {
    if (this.#months === undefined) return dropChunks(this.#client, ms)
    const dropped: string[] = []
    for (const month of [...this.#months].filter((one) => one < monthOf(ms)).toSorted((a, b) => a - b)) {
      await dropping(this.#client, () => this.#client.query(`drop table ${partitionName(month)}`))
      this.#months.delete(month)
      dropped.push(partitionName(month))
    }
    return dropped
  }
}

/** In a transaction that waits for readers a moment only: others queue up behind a drop that waits for one of them. */
function dropping<T>(client: ClientBase, drop: () => Promise<T>): Promise<T> {
  return inTransaction(client, async () => {
    await client.query(`set local lock_timeout = '1s'`)
    return drop()
  })
}

async function existing(client: ClientBase): Promise<readonly number[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = 'observations'::regclass`,
  )
  return rows.map(({ name }) => {
    const [, year, month] = /_(\d{4})_(\d\d)$/.exec(name) ?? []
    return Number(year) * 12 + Number(month) - 1
  })
}

async function isHypertable(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ known: boolean }>(
    `select to_regclass('timescaledb_information.hypertables') is not null as known`,
  )
  if (rows[0]?.known !== true) return false
  const { rowCount } = await client.query(
    `select from timescaledb_information.hypertables
     where hypertable_schema = current_schema() and hypertable_name = 'observations'`,
  )
  return rowCount === 1
}

async function dropChunks(client: ClientBase, ms: number): Promise<readonly string[]> {
  const { rows } = await client.query<{ schema: string }>(
    `select quote_ident(nspname) as schema from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
     where proname = 'drop_chunks' limit 1`,
  )
  const { rows: chunks } = await dropping(client, () =>
    client.query<{ chunk: string }>(
      `select chunk::text from ${rows[0]?.schema ?? 'public'}.drop_chunks('observations', older_than => $1::timestamptz) as chunk`,
      [new Date(ms).toISOString()],
    ),
  )
  return chunks.map(({ chunk }) => chunk)
}

import type { ClientBase, QueryResultRow } from 'pg'
import { copyRows } from './copy-rows.ts'
import { copyText } from './copy-text.ts'
import { insertRows } from './insert-rows.ts'
import type { Row, Table } from './table.ts'

/** Rows that may wait to be loaded while the next ones are made, in bytes: two batches or so. */
const MOST_WAITING = 8 * 1024 * 1024

/** What a projector writes with: the open transaction that also moves its checkpoint. */
export class ProjectionTransaction {
  /** The tables are being loaded anew and nobody reads them: what `derive` fills later need not be kept up. */
  readonly bulk: boolean
  readonly #client: ClientBase
  /** Loads that go on while the events after them are being turned into rows. */
  #loads: Promise<void> = Promise.resolve()
  /** Bytes of these. */
  #waiting = 0

  constructor(client: ClientBase, bulk: boolean) {
    this.#client = client
    this.bulk = bulk
  }

  /** Sees all that was inserted before. */
  async query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    await this.#loads
    const { rows } = await this.#client.query<R>(text, [...values])
    return rows
  }

  /**
   * Inserts all rows: by UNNEST; in bulk by COPY, of which only {@link flush} tells the end. A live owner never copies:
   * Postgres frees no lock of a process that froze within a COPY.
   */
  async insert<T extends Table>(table: T, rows: readonly Row<T>[]): Promise<void> {
    if (rows.length === 0) return
    if (!this.bulk) return insertRows(this.#client, table, rows)
    const text = copyText(table, rows)
    const bytes = text.reduce((sum, { length }) => sum + length, 0)
    if (this.#waiting + bytes > MOST_WAITING) await this.#loads
    this.#waiting += bytes
    this.#loads = this.#load(this.#loads, table, text, bytes)
    // What went wrong comes out where it is awaited: by the next query, or by flush.
    this.#loads.catch(() => undefined)
  }

  /** Resolves when all is inserted; before a commit. */
  async flush(): Promise<void> {
    await this.#loads
  }

  async #load(before: Promise<void>, table: Table, text: readonly Buffer[], bytes: number): Promise<void> {
    await before
    await copyRows(this.#client, table, text)
    this.#waiting -= bytes
  }
}

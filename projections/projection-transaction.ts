import type { ClientBase, QueryResultRow } from 'pg'
import { copyRows } from './copy-rows.ts'
import { insertRows } from './insert-rows.ts'
import type { Row, Table } from './table.ts'

/** What a projector writes with: the open transaction that also moves its checkpoint. */
export class ProjectionTransaction {
  /** The tables are being loaded anew and nobody reads them: what `derive` fills later need not be kept up. */
  readonly bulk: boolean
  readonly #client: ClientBase
  /** Loads that go on while the events after them are being turned into rows. */
  #loads: Promise<void> = Promise.resolve()

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
    this.#loads = this.#loads.then(() => copyRows(this.#client, table, rows))
    // What went wrong comes out where it is awaited: by the next query, or by flush.
    this.#loads.catch(() => undefined)
  }

  /** Resolves when all is inserted; before a commit. */
  async flush(): Promise<void> {
    await this.#loads
  }
}

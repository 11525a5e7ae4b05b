import type { ClientBase, QueryResultRow } from 'pg'
import { copyRows } from './copy-rows.ts'
import { insertRows } from './insert-rows.ts'
import type { Row, Table } from './table.ts'

/** What a projector writes with: the open transaction that also moves its checkpoint. */
export class ProjectionTransaction {
  /** The tables are being loaded anew and nobody reads them: what `derive` fills later need not be kept up. */
  readonly bulk: boolean
  readonly #client: ClientBase

  constructor(client: ClientBase, bulk: boolean) {
    this.#client = client
    this.bulk = bulk
  }

  async query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    const { rows } = await this.#client.query<R>(text, [...values])
    return rows
  }

  /**
   * Inserts all rows: by UNNEST, in bulk by COPY. A live owner never copies: Postgres frees no lock of a process that
   * froze in the middle of a COPY.
   */
  async insert<T extends Table>(table: T, rows: readonly Row<T>[]): Promise<void> {
    if (rows.length === 0) return
    await (this.bulk ? copyRows(this.#client, table, rows) : insertRows(this.#client, table, rows))
  }
}

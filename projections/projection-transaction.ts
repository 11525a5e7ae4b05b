import type { ClientBase, QueryResultRow } from 'pg'
import { copyRows } from './copy-rows.ts'
import { insertRows } from './insert-rows.ts'
import type { Row, Table } from './table.ts'

/** Most loads that wait for Postgres while the events after them are being turned into rows. */
const MAX_LOADS = 4

/** What a projector writes with: the open transaction that also moves its checkpoint. */
export class ProjectionTransaction {
  /** The tables are being loaded anew and nobody reads them: what `derive` fills later need not be kept up. */
  readonly bulk: boolean
  readonly #client: ClientBase
  #loads: Promise<void>[] = []

  constructor(client: ClientBase, bulk: boolean) {
    this.#client = client
    this.bulk = bulk
  }

  /** Sees all that was inserted before. */
  async query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    const { rows } = await this.#client.query<R>(text, [...values])
    return rows
  }

  /**
   * Inserts all rows: by UNNEST; in bulk by COPY, which this does not wait for, since statements run in the order
   * in which they are sent. A live owner never copies: Postgres frees no lock of a process that froze within a COPY.
   */
  async insert<T extends Table>(table: T, rows: readonly Row<T>[]): Promise<void> {
    if (rows.length === 0) return
    if (!this.bulk) return insertRows(this.#client, table, rows)
    const load = copyRows(this.#client, table, rows)
    load.catch(() => undefined) // It is awaited below or in flush.
    this.#loads.push(load)
    if (this.#loads.length > MAX_LOADS) await this.#loads.shift()
  }

  /** Resolves when all is inserted; before a commit. */
  async flush(): Promise<void> {
    const loads = this.#loads
    this.#loads = []
    await Promise.all(loads)
  }
}

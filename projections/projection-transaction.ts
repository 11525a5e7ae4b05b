import type { ClientBase, QueryResultRow } from 'pg'
import { CopyLane } from './copy-lane.ts'
import { copyText } from './copy-text.ts'
import { insertRows } from './insert-rows.ts'
import type { Row, Table } from './table.ts'

/** What a projector writes with: the open transaction that also moves its checkpoint. */
export class ProjectionTransaction {
  readonly #client: ClientBase
  /** Of a bulk load: the transaction's own lane, and that of tables which are only written. */
  readonly #lanes: { readonly own: CopyLane; readonly beside: CopyLane } | undefined

  /**
   * @param beside makes it a bulk load: a second session, which works in the same tables and commits by itself what no
   * `apply` reads again.
   */
  constructor(client: ClientBase, beside?: ClientBase) {
    this.#client = client
    this.#lanes = beside === undefined ? undefined : { own: new CopyLane(client), beside: new CopyLane(beside) }
  }

  /** The tables are being loaded anew and nobody reads them: what `completion` fills later need not be kept up. */
  get bulk(): boolean {
    return this.#lanes !== undefined
  }

  /** Sees all that was inserted before, but for tables that are only written. */
  async query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    if (this.#lanes !== undefined) return this.#lanes.own.query<R>(text, values)
    const { rows } = await this.#client.query<R>(text, [...values])
    return rows
  }

  /**
   * Inserts all rows: by UNNEST; in bulk by COPY, of which only {@link flush} tells the end. A live owner never copies:
   * Postgres frees no lock of a process that froze within a COPY.
   */
  async insert<T extends Table>(table: T, rows: readonly Row<T>[]): Promise<void> {
    if (rows.length === 0) return
    if (this.#lanes === undefined) return insertRows(this.#client, table, rows)
    const lane = table.isOnlyWritten === true ? this.#lanes.beside : this.#lanes.own
    await lane.write(table, copyText(table, rows))
  }

  /** Resolves when all is inserted; before a commit. */
  async flush(): Promise<void> {
    await this.#lanes?.beside.flush()
    await this.#lanes?.own.flush()
  }

  /** Gives up what is being inserted. Resolves when both sessions can be asked something else, be it to roll back. */
  async abandon(): Promise<void> {
    await this.#lanes?.beside.abandon()
    await this.#lanes?.own.abandon()
  }
}

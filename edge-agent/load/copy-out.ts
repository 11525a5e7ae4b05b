import type { ClientBase, Connection, Submittable } from 'pg'

/**
 * Runs a `copy … to stdout` and hands each row to `onRow`, as Postgres sends it: one message a row, with its line feed. The
 * bytes are good during the call only. Rows are not collected, so that a million of them are no garbage to collect either.
 */
export function copyOut(client: ClientBase, sql: string, onRow: (row: Buffer) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.query(new CopyOut(sql, onRow, resolve, reject))
  return promise
}

/** A query as `pg` runs it: it calls these, each for one message of Postgres'. */
class CopyOut implements Submittable {
  readonly #sql: string
  readonly #onRow: (row: Buffer) => void
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #failure: { readonly error: unknown } | undefined
  /** Replaced by `pg` where queries have a time limit. */
  callback = (): void => undefined

  constructor(sql: string, onRow: (row: Buffer) => void, resolve: () => void, reject: (error: unknown) => void) {
    this.#sql = sql
    this.#onRow = onRow
    this.#resolve = resolve
    this.#reject = reject
  }

  submit(connection: Connection): void {
    connection.query(this.#sql)
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#failure !== undefined) return
    try {
      this.#onRow(chunk)
    } catch (error) {
      // Thrown from here it would end the connection's reader: the rest is let pass, and then it is told.
      this.#failure = { error }
    }
  }

  handleCommandComplete(): void {
    // What counts is that Postgres is ready again.
  }

  handleError(error: unknown): void {
    this.#reject(error)
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#resolve()
    else this.#reject(this.#failure.error)
  }
}

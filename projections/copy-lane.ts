import { finished } from 'node:stream/promises'
import type { ClientBase, QueryResultRow } from 'pg'
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams'
import type { Table } from './table.ts'

/** Bytes that may wait to be sent while the next rows are made: several batches. */
const MOST_WAITING = 8 * 1024 * 1024
/** A COPY that has taken so many bytes is followed by another: a statement may not run for ever. */
const LONGEST = 1024 * 1024 * 1024

interface OpenCopy {
  readonly table: Table
  readonly sink: CopyStreamQuery
  readonly loaded: Promise<void>
  bytes: number
}

/**
 * Gives one session rows to load and questions to answer, in the order of the calls, without waiting for it. A COPY stays
 * open while rows of its table follow, so that Postgres is never without work for want of the next statement. After a
 * failure nothing more is given to the session: all that follows fails likewise.
 */
export class CopyLane {
  readonly #client: ClientBase
  /** All that the session has been given. */
  #given: Promise<unknown> = Promise.resolve()
  #open: OpenCopy | undefined

  constructor(client: ClientBase) {
    this.#client = client
  }

  /** Takes rows, as COPY does. Waits while too many have not been sent. */
  async write(table: Table, text: readonly Buffer[]): Promise<void> {
    if (this.#open !== undefined && (this.#open.table !== table || this.#open.bytes > LONGEST)) this.#end()
    const { sink, loaded } = (this.#open ??= this.#begin(table))
    for (const piece of text) {
      this.#open.bytes += piece.length
      sink.write(piece)
    }
    if (sink.writableNeedDrain) await Promise.race([drained(sink), loaded])
  }

  /** The answer as of all rows written so far. */
  async query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    this.#end()
    const { rows } = await this.#afterAll(() => this.#client.query<R>(text, [...values]))
    return rows
  }

  /** Resolves when all is in. @throws what failed first. */
  async flush(): Promise<void> {
    this.#end()
    await this.#given
  }

  /** Gives up what has not been sent. Resolves when the session is free, be it to roll back. */
  async abandon(): Promise<void> {
    this.#open?.sink.destroy()
    this.#open = undefined
    await this.#given.catch(() => undefined)
  }

  #begin(table: Table): OpenCopy {
    const columns = Object.keys(table.columns).join(', ')
    const sink = copyFrom(`copy ${table.name} (${columns}) from stdin`, { highWaterMark: MOST_WAITING })
    // It may fail before its turn has come.
    sink.on('error', () => undefined)
    const loaded = this.#afterAll(async () => {
      if (!sink.destroyed) await finished(this.#client.query(sink))
    })
    return { table, sink, loaded, bytes: 0 }
  }

  #end(): void {
    this.#open?.sink.end()
    this.#open = undefined
  }

  #afterAll<T>(ask: () => Promise<T>): Promise<T> {
    const result = this.#given.then(ask)
    this.#given = result
    // What went wrong comes out where somebody waits for it.
    result.catch(() => undefined)
    return result
  }
}

async function drained(sink: CopyStreamQuery): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  sink.once('drain', resolve)
  await promise
}

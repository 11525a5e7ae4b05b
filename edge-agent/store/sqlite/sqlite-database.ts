import { readFileSync } from 'node:fs'
import { rename, stat } from 'node:fs/promises'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { StoreCorrupt, StoreFull } from '../stream-store.ts'

const MIGRATIONS = ['add_client_streams_table.sql', 'add_following_and_outbox.sql']

export interface SqliteOptions {
  /** Path of the file; made if it is not there. */
  readonly file: string
  /** Most bytes that the file may have. Left out: as the disk has room. */
  readonly maxBytes?: number
  /** Told where a damaged file was kept, when a new one is begun in its place. */
  readonly onCorrupt?: (error: StoreCorrupt, keptAt: string) => void
}

/** SQLite's primary result codes, the low byte of what it says. */
const CORRUPT = [11, 26]
const FULL = 13

/** One SQLite file: what has been committed is on the disk. Its statements are prepared once. */
export class SqliteDatabase implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Opens the file with its tables, those of older versions too. One that is damaged is kept aside, never deleted, and a
   * new one is begun. @throws StoreFull
   */
  static async open(options: SqliteOptions): Promise<SqliteDatabase> {
    try {
      return SqliteDatabase.#open(options)
    } catch (error) {
      if (!(error instanceof StoreCorrupt)) throw error
      const keptAt = await keepAside(options.file)
      options.onCorrupt?.(error, keptAt)
      return SqliteDatabase.#open(options)
    }
  }

  static #open({ file, maxBytes }: SqliteOptions): SqliteDatabase {
    const opened = new DatabaseSync(file, { timeout: 5_000 })
    try {
      const database = new SqliteDatabase(opened)
      database.#run(() => {
        opened.exec('pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 16777216')
        const { quick_check: found } = opened.prepare('pragma quick_check(1)').get() as { quick_check: string }
        if (found !== 'ok') throw new StoreCorrupt(`${file} is damaged: ${found}`)
        if (maxBytes !== undefined) {
          const { page_size: size } = opened.prepare('pragma page_size').get() as { page_size: number }
          opened.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxBytes / size))}`)
        }
      })
      for (const name of MIGRATIONS)
        database.#run(() => opened.exec(readFileSync(new URL(`migrations/${name}`, import.meta.url), 'utf8')))
      return database
    } catch (error) {
      opened.close()
      throw error
    }
  }

  /** All rows of a query. Integers beyond 2^53 are an error, never another number. */
  all<Row>(sql: string, ...values: (string | number | null)[]): Row[] {
    return this.#run(() => this.#statement(sql).all(...values) as Row[])
  }

  /** Returns how many rows were changed. */
  run(sql: string, ...values: (string | number | null)[]): number {
    return this.#run(() => Number(this.#statement(sql).run(...values).changes))
  }

  /** The same for many rows of one {@link transaction}, which sees to errors. */
  prepared(sql: string): (...values: (string | number | null)[]) => number {
    const statement = this.#run(() => this.#statement(sql))
    return (...values) => Number(statement.run(...values).changes)
  }

  exec(sql: string): void {
    this.#run(() => this.#database.exec(sql))
  }

  /** All of the work or nothing. Must not be nested. */
  transaction<T>(work: () => T): T {
    this.exec('begin immediate')
    try {
      const result = this.#run(work)
      this.exec('commit')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      // Two or three for each stream: a bound for whoever follows very many.
      if (this.#statements.size > 5_000) this.#statements.clear()
      this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    }
    return statement
  }

  #run<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw error instanceof Error && 'errcode' in error ? translated(error, Number(error.errcode) & 0xff) : error
    }
  }
}

function translated(error: Error, code: number): Error {
  if (CORRUPT.includes(code)) return new StoreCorrupt(`the store's file is damaged: ${error.message}`, { cause: error })
  return code === FULL ? new StoreFull('there is no room left for the store', { cause: error }) : error
}

/** Renames the file, and what SQLite has beside it, to a name that is free. Returns that name. */
async function keepAside(file: string): Promise<string> {
  for (let n = 1; ; n++) {
    const keptAt = `${file}.corrupt-${n}`
    if (await exists(keptAt)) continue
    for (const suffix of ['-wal', '-shm', '']) {
      if (await exists(`${file}${suffix}`)) await rename(`${file}${suffix}`, `${keptAt}${suffix}`)
    }
    return keptAt
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

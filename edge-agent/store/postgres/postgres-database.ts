import { readFileSync } from 'node:fs'
import { type ClientBase, DatabaseError, Pool } from 'pg'
import { StoreFull } from '../stream-store.ts'

const MIGRATIONS = ['add_client_streams_table.sql', 'add_following_and_outbox.sql']
const DISK_FULL = '53100'
/** One process at a time makes tables. "phes" as a number. */
const LOCK = 0x70686573

export interface PostgresOptions {
  readonly connectionString: string
  /** Where the tables are; made if it is not there. `pharos_streams` unless told. */
  readonly schema?: string
  /** A connection that broke while idle: the pool replaces it. */
  readonly onError: (error: Error) => void
}

/** Asks within a transaction. Integers and times come as text. */
export type Ask = <Row>(sql: string, ...values: unknown[]) => Promise<Row[]>

/** The device's own Postgres, in a schema of the store's own. Every wait ends. */
export class PostgresDatabase implements AsyncDisposable {
  readonly #pool: Pool

  private constructor(pool: Pool) {
    this.#pool = pool
  }

  /** @throws when Postgres is away, or the schema's name is none. */
  static async open({
    connectionString,
    schema = 'pharos_streams',
    onError,
  }: PostgresOptions): Promise<PostgresDatabase> {
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) throw new RangeError(`not the name of a schema: ${schema}`)
    const pool = new Pool({
      connectionString,
      application_name: 'pharos edge streams',
      max: 4,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
      query_timeout: 35_000,
      idle_in_transaction_session_timeout: 30_000,
      // What the store has taken it keeps through a power cut, as the one in SQLite does, whatever the device is set to.
      options: `-c search_path=${schema} -c timezone=UTC -c synchronous_commit=on`,
    })
    pool.on('error', onError)
    const database = new PostgresDatabase(pool)
    try {
      await database.transaction(async (ask) => {
        await ask('select pg_advisory_xact_lock($1)', LOCK)
        await ask(`create schema if not exists ${schema}`)
        for (const name of MIGRATIONS) await ask(readFileSync(new URL(`migrations/${name}`, import.meta.url), 'utf8'))
      })
    } catch (error) {
      await pool.end()
      throw error
    }
    return database
  }

  ask<Row>(sql: string, ...values: unknown[]): Promise<Row[]> {
    return translated(async () => (await this.#pool.query(sql, values)).rows as Row[])
  }

  /** All of the work or nothing. */
  async transaction<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const client = await translated(() => this.#pool.connect())
    try {
      await client.query('begin')
      const result = await translated(() => work(asking(client)))
      await client.query('commit')
      client.release()
      return result
    } catch (error) {
      // A connection that is gone has rolled back by itself.
      const broken = await client.query('rollback').then(
        () => false,
        () => true,
      )
      client.release(broken)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end()
  }
}

function asking(client: ClientBase): Ask {
  // Without values as a plain query, which may be several statements.
  return async <Row>(sql: string, ...values: unknown[]) =>
    (values.length === 0 ? await client.query(sql) : await client.query(sql, values)).rows as Row[]
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DatabaseError && error.code === DISK_FULL)
      throw new StoreFull('there is no room left for the store', { cause: error })
    throw error
  }
}

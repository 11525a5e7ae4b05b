import { Pool, type PoolConfig } from 'pg'

/** How to reach Postgres, and as whom this process shows in `pg_stat_activity`. */
export interface PoolOptions {
  readonly connectionString: string
  readonly applicationName: string
  /** Most connections at once; 10 unless told. */
  readonly max?: number
  /** Longest that one statement may run, in milliseconds; 30,000 unless told. */
  readonly statementTimeout?: number
  /** A connection that broke while idle. The pool replaces it; somebody should know. */
  readonly onError: (error: Error) => void
}

/** A pool in which every wait ends: for a connection (5 s), for a statement, for a transaction that idles (30 s). */
export function createPool(options: PoolOptions): Pool {
  const statementTimeout = options.statementTimeout ?? 30_000
  const config: PoolConfig = {
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeout,
    // The server cancels first; this ends the wait when the server is gone.
    query_timeout: statementTimeout + 5_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
  const pool = new Pool(config)
  pool.on('error', options.onError)
  return pool
}

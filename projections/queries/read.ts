import type { Pool, QueryResultRow } from 'pg'

/** Asks Postgres. A `name` keeps the statement prepared on its connection. */
export type Read = <R extends QueryResultRow>(
  name: string | undefined,
  text: string,
  values: readonly unknown[],
) => Promise<readonly R[]>

/**
 * Reads over the pool that end when `signal` aborts, with its reason. The statement itself then ends by the pool's
 * timeout at the latest; its connection goes back to the pool.
 */
export function readFrom(pool: Pool, signal: AbortSignal): Read {
  return async <R extends QueryResultRow>(name: string | undefined, text: string, values: readonly unknown[]) => {
    signal.throwIfAborted()
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      const query = { ...(name === undefined ? {} : { name }), text, values: [...values] }
      const { rows } = await Promise.race([pool.query<R>(query), aborted])
      return rows
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

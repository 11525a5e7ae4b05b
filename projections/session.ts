import { Client, type ClientConfig } from 'pg'

/** A connection of one's own: settings, advisory locks and transactions last as long as it does. */
export interface Session extends AsyncDisposable {
  readonly client: Client
  /** Nothing can be done with it any more. */
  isBroken(): boolean
}

/** Longest wait for a connection, and for the goodbye, in milliseconds. */
const CONNECT_TIMEOUT = 5_000
const CLOSE_TIMEOUT = 1_000

/**
 * Opens a session with `settings` (as of SET, in UTC always). Every wait on it ends: the server cancels a statement
 * after `statementTimeout` milliseconds, and the client gives up a little later, if the server is gone.
 */
export async function openSession(
  database: ClientConfig,
  options: {
    readonly applicationName: string
    readonly statementTimeout: number
    readonly settings?: Readonly<Record<string, string>>
  },
): Promise<Session> {
  let broken = false
  const client = new Client({
    ...database,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: options.statementTimeout + 5_000,
    keepAlive: true,
  })
  client.on('error', () => (broken = true))
  client.on('end', () => (broken = true))
  const close = async () => {
    const expired = AbortSignal.timeout(CLOSE_TIMEOUT)
    const timeout = new Promise<void>((resolve) => expired.addEventListener('abort', () => resolve()))
    await Promise.race([client.end().catch(() => undefined), timeout])
  }
  try {
    await client.connect()
    const settings = {
      timezone: 'UTC',
      statement_timeout: `${options.statementTimeout}ms`,
      // A batch finds its rows by their keys, one by one; a large one would otherwise read the whole table instead.
      enable_hashjoin: 'off',
      enable_mergejoin: 'off',
      ...options.settings,
    }
    for (const [name, value] of Object.entries(settings))
      await client.query('select set_config($1, $2, false)', [name, value])
  } catch (error) {
    await close()
    throw error
  }
  return { client, isBroken: () => broken, [Symbol.asyncDispose]: close }
}

import { Socket } from 'node:net'
import { Client, escapeLiteral } from 'pg'
import { CANONICAL_SESSION } from '../schemas/device-sync/rows.ts'

/** Whatever the database or its users have set otherwise, these sessions read, write and order alike everywhere. */
const SETTINGS: Readonly<Record<string, string>> = {
  ...CANONICAL_SESSION,
  // Names are always written with their schema, and definitions come back so.
  search_path: 'pg_catalog',
  // Rows of a table just loaded come back in the order they went in.
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
  // An index of a million keys is sorted in memory, and not in files.
  maintenance_work_mem: '128MB',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  lock_timeout: '0',
  // What stands in the ledger, or was told to central, a power cut must not take back.
  synchronous_commit: 'on',
}

/** A session of the agent's own on the device's Postgres; closed, or cut off when `signal` aborts, when it is disposed of. */
export interface Session extends AsyncDisposable {
  readonly client: Client
}

/**
 * Connects within 5 s, and no later than `signal` aborts.
 * @throws Error when there is no connection, or the database is not in UTF-8; the signal's reason.
 */
export async function openSession(databaseUrl: string, name: string, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted()
  const socket = new Socket()
  const client = new Client({
    connectionString: databaseUrl,
    application_name: `pharos edge ${name}`,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => socket,
  })
  // What breaks while nothing is asked shows with the next question.
  client.on('error', () => undefined)
  // Postgres notices, and rolls back.
  const cut = (): void => void socket.destroy()
  signal?.addEventListener('abort', cut, { once: true })
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', cut)
    if (signal?.aborted !== true) await client.end().catch(() => undefined)
  }
  try {
    await client.connect()
    const sets = Object.entries(SETTINGS).map(([setting, value]) => `set ${setting} = ${escapeLiteral(value)};`)
    await client.query(sets.join(' '))
    const { rows } = await client.query<{ server_encoding: string }>('show server_encoding')
    const encoding = rows[0]?.server_encoding
    if (encoding !== 'UTF8') throw new Error(`the database is in ${encoding}; it must be made with encoding UTF8`)
  } catch (error) {
    await close()
    // What a session that was cut off says is not why it was.
    signal?.throwIfAborted()
    throw error
  }
  return { client, [Symbol.asyncDispose]: close }
}

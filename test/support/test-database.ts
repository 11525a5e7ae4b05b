import pg from 'pg'
import { afterTests } from './after-tests.ts'
import { sharedServers } from './shared-servers.ts'
import { testPrefix } from './test-prefix.ts'

export interface TestDatabase {
  /** With user and password: for a pool, or for a process as its `DATABASE_URL`. */
  readonly url: string
  /** Ended when the tests are over. */
  readonly pool: pg.Pool
}

/**
 * A new, empty database. Call it once per file (in a `before` hook), or once per test; dropped when the file's tests are over.
 * @param server another one than that of the test run: its URL, of a user who may create databases.
 */
export async function testDatabase(t: { readonly title: string }, server?: string): Promise<TestDatabase> {
  const databaseUrl = server ?? (await sharedServers()).databaseUrl
  const name = testPrefix()
  // Through the log, as is usual, it takes six times as much of the processor.
  await asAdmin(databaseUrl, `create database ${name} template template0 strategy file_copy`)
  const url = new URL(databaseUrl)
  url.pathname = name
  const pool = new pg.Pool({ connectionString: url.href, max: 8, application_name: t.title.slice(0, 63) })
  // Sessions that a test kills on purpose end here; whoever used one got the error too.
  pool.on('error', () => {})
  afterTests(async () => {
    if (!pool.ended) await pool.end()
    await asAdmin(databaseUrl, `drop database ${name} with (force)`)
  })
  return { url: url.href, pool }
}

async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

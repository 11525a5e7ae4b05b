import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client, type ClientConfig } from 'pg'
import { isOfNewerRelease, MIGRATIONS, migrationNames } from './migration-names.ts'

/** One migration at a time per database. "phmg" as a number. */
const LOCK = 0x70686d67

/**
 * Applies the SQL files of `directory` that were not applied yet, in the order of their names, each in a transaction.
 * Safe to run from many processes at once. Returns the names of the files that it applied. What a newer release has
 * applied after them is left alone: a release's migrations leave all that the release before it needs.
 * @throws MigrationChanged when an applied file was edited or is gone: history is added to, never rewritten.
 */
export async function migrate(database: ClientConfig, directory: URL = MIGRATIONS): Promise<readonly string[]> {
  const files = await migrationFiles(directory)
  const client = new Client({ connectionTimeoutMillis: 5_000, ...database, application_name: 'pharos migrate' })
  client.on('error', () => undefined) // The query that is under way rejects with it.
  await client.connect()
  try {
    await client.query(`set lock_timeout = '60s'`)
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await client.query(`
      create table if not exists public.pharos_migrations (
        name text primary key,
        sha256 text not null,
        applied_at timestamptz not null default now()
      )`)
    return await applyMissing(client, files)
  } finally {
    await client.end() // Frees the lock too.
  }
}

/** An applied migration is not what it was. */
export class MigrationChanged extends Error {
  override readonly name = 'MigrationChanged'
}

interface Migration {
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

async function migrationFiles(directory: URL): Promise<readonly Migration[]> {
  return Promise.all(
    (await migrationNames(directory)).map(async (name) => {
      const sql = await readFile(new URL(name, directory), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function applyMissing(client: Client, files: readonly Migration[]): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from public.pharos_migrations',
  )
  const byName = new Map(files.map((file) => [file.name, file]))
  const names = files.map(({ name }) => name)
  for (const row of rows)
    if (!isOfNewerRelease(row.name, names) && byName.get(row.name)?.sha256 !== row.sha256)
      throw new MigrationChanged(`${row.name} was applied and has changed since`)
  const applied = new Set(rows.map((row) => row.name))
  const missing = files.filter((file) => !applied.has(file.name))
  for (const file of missing) {
    await client.query('begin')
    await client.query(file.sql)
    await client.query('insert into public.pharos_migrations (name, sha256) values ($1, $2)', [file.name, file.sha256])
    await client.query('commit')
  }
  return missing.map((file) => file.name)
}

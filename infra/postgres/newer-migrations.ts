import type { Pool } from 'pg'
import { isOfNewerRelease, MIGRATIONS, migrationNames } from './migration-names.ts'

/** The migrations that a newer release has applied: this process runs on, and is to be replaced. */
export async function newerMigrations(pool: Pick<Pool, 'query'>): Promise<readonly string[]> {
  const names = await migrationNames(MIGRATIONS)
  const { rows } = await pool.query<{ name: string }>('select name from public.pharos_migrations order by name')
  return rows.map(({ name }) => name).filter((name) => isOfNewerRelease(name, names))
}

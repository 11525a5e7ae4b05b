import { escapeIdentifier, type Client } from 'pg'
import { OLD } from './schemas.ts'

/**
 * Drops the tables that were replaced, and their schemas. Never what hangs on them: then they stay, and it is tried again.
 * @returns what stayed, and why.
 */
export async function dropOld(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ schema: string; tables: readonly string[] }>(
    `select nspname as schema, coalesce(array_agg(relname::text) filter (where relname is not null), '{}') as tables
     from pg_namespace left join pg_class on relnamespace = pg_namespace.oid and relkind = 'r'
     where starts_with(nspname, $1) group by nspname`,
    [OLD],
  )
  const stayed: string[] = []
  for (const { schema, tables } of rows) {
    const drops = tables.map((table) => `drop table ${escapeIdentifier(schema)}.${escapeIdentifier(table)};`)
    try {
      await client.query(`set lock_timeout = '1s'; ${drops.join(' ')} drop schema ${escapeIdentifier(schema)}`)
    } catch (error) {
      stayed.push(`${schema}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  await client.query('set lock_timeout = 0')
  return stayed
}

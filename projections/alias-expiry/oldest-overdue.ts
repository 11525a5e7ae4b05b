import type { Pool } from 'pg'

/** For how many seconds the alias that expired the longest ago has had its row since; 0: there is none. */
export async function oldestOverdue(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ seconds: number }>(
    `select coalesce(extract(epoch from now() - min(expires_at)), 0)::float8 as seconds
     from pharos.aliases
     where expires_at <= now()`,
  )
  return rows[0]?.seconds ?? 0
}

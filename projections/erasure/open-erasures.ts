import type { Pool } from 'pg'

/** Age in seconds of the oldest erasure whose key is not destroyed, and of which tables are not rewritten; 0: there is none. */
export interface OpenErasures {
  readonly key: number
  readonly tables: number
}

/** As the ledger says. */
export async function openErasures(pool: Pool): Promise<OpenErasures> {
  const { rows } = await pool.query<OpenErasures>(
    `select
       coalesce(extract(epoch from now() - min(erased_at) filter (where key_destroyed_at is null)), 0)::float8 as key,
       coalesce(extract(epoch from now() - min(erased_at) filter (where scrubbed_at is null)), 0)::float8 as tables
     from pharos_system.erasures
     where key_destroyed_at is null or scrubbed_at is null`,
  )
  return rows[0] ?? { key: 0, tables: 0 }
}

import type { ClientBase } from 'pg'
import { generationSchema, tableNames } from './generation.ts'

/**
 * Whether Postgres vacuums and analyzes a generation's tables by itself. While they are loaded it only stands in the way:
 * it reads millions of rows that are about to be indexed and analyzed anyway, and an index waits for it.
 */
export async function autovacuum(
  client: ClientBase,
  projector: string,
  generation: number,
  to: 'on' | 'off',
): Promise<void> {
  const change = to === 'off' ? 'set (autovacuum_enabled = off)' : 'reset (autovacuum_enabled)'
  for (const table of await tableNames(client, generationSchema(projector, generation)))
    await client.query(`alter table ${table} ${change}`)
}

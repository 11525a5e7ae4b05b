import type { ClientBase } from 'pg'
import { tableNames } from './generation.ts'

/** Count and hash of a table's rows. Equal tables give equal hashes, in whatever order their rows are stored. */
export interface TableHash {
  readonly rows: number
  readonly hash: string
}

/**
 * Hashes every table of a schema but its checkpoint: the sum of 64-bit hashes of the rows as text, which needs no
 * sorting. It finds what a bug makes different, not what an enemy hides.
 */
export async function hashTables(client: ClientBase, schema: string): Promise<ReadonlyMap<string, TableHash>> {
  const hashes = new Map<string, TableHash>()
  for (const name of await tableNames(client, schema)) {
    const { rows } = await client.query<{ rows: string; hash: string }>(
      `select count(*) as rows, coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)::text as hash
       from ${schema}.${name} as r`,
    )
    hashes.set(name, { rows: Number(rows[0]?.rows), hash: rows[0]?.hash ?? '' })
  }
  return hashes
}

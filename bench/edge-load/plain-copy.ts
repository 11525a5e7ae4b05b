import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { BenchContext } from '../bench.ts'

/** Files are read in large pieces: the ceiling shall be Postgres, not the reader. */
const CHUNK = 1024 * 1024

/**
 * Seconds that the rows of `pharos.users` take from a file into an empty table like it, with its primary key and indexes:
 * what `psql`'s `\copy` does.
 */
export async function plainCopySeconds(databaseUrl: string, { dir }: BenchContext, rows: number): Promise<number> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const file = join(dir, 'users.copy')
    if (!existsSync(file)) await pipeline(client.query(copyTo('copy pharos.users to stdout')), createWriteStream(file))
    await client.query('drop table if exists public.users; create table public.users (like pharos.users including all)')
    const copy = client.query(copyFrom('copy public.users from stdin'))
    const started = performance.now()
    await pipeline(createReadStream(file, { highWaterMark: CHUNK }), copy)
    const seconds = (performance.now() - started) / 1000
    if (copy.rowCount !== rows) throw new Error(`${copy.rowCount} rows were copied, not ${rows}`)
    await client.query('drop table public.users')
    return seconds
  } finally {
    await client.end()
  }
}

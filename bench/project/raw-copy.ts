import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

/** Files are read in large pieces: the ceiling shall be Postgres, not the reader. */
const CHUNK = 1024 * 1024

/** Seconds that it takes to COPY all rows of a schema's tables into empty ones of the same shape, without indexes. */
export async function rawCopySeconds(client: Client, schema: string, dir: string): Promise<number> {
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = $1 and tablename <> 'checkpoint'`,
    [schema],
  )
  await client.query('drop schema if exists bench_raw cascade; create schema bench_raw')
  let seconds = 0
  for (const { name } of rows) {
    const file = join(dir, `${name}.copy`)
    await pipeline(client.query(copyTo(`copy ${schema}.${name} to stdout`)), createWriteStream(file))
    await client.query(`create table bench_raw.${name} (like ${schema}.${name})`)
    const started = performance.now()
    const source = createReadStream(file, { highWaterMark: CHUNK })
    await pipeline(source, client.query(copyFrom(`copy bench_raw.${name} from stdin`)))
    seconds += (performance.now() - started) / 1000
  }
  await client.query('drop schema bench_raw cascade')
  return seconds
}

import type { ClientBase } from 'pg'
import { CREATE_CHECKPOINT } from './checkpoint.ts'
import { CREATE_PARKED } from './parked.ts'
import type { Installable } from './projector.ts'

/** Schema of one generation of a projector's tables. A rebuild makes the next, of the same code version or a newer. */
export function generationSchema(projector: string, generation: number): string {
  if (!/^[a-z][a-z_]{0,39}$/.test(projector)) throw new RangeError(`not a projector's name: ${projector}`)
  return `pharos_${projector}_v${generation}`
}

/** The generation that the views show, or `undefined` when the projector was never installed. */
export async function liveGeneration(client: ClientBase, projector: string): Promise<number | undefined> {
  const { rows } = await client.query<{ generation: number }>(
    'select generation from pharos_system.projections where projector = $1',
    [projector],
  )
  return rows[0]?.generation
}

/** All of the projector's generations that have a schema, lowest first: one is live, any other was left behind. */
export async function existingGenerations(client: ClientBase, projector: string): Promise<readonly number[]> {
  const { rows } = await client.query<{ generation: number }>(
    String.raw`
      select substring(nspname from '_v(\d+)$')::integer as generation
      from pg_namespace
      where nspname ~ ('^pharos_' || $1 || '_v\d+$')
      order by generation`,
    [projector],
  )
  return rows.map((row) => row.generation)
}

/** What each generation has besides the projector's own tables. */
const PROGRESS_TABLES = ['checkpoint', 'parked']

/** The tables of a schema that hold rows made from events: all but those of the projector's progress. */
export async function tableNames(client: ClientBase, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = $1 and tablename <> all ($2) order by tablename`,
    [schema, PROGRESS_TABLES],
  )
  return rows.map((row) => row.name)
}

/** Creates the schema of a generation with empty tables and a checkpoint at 0, and works in it from here on. */
export async function createGeneration(client: ClientBase, projector: Installable, generation: number): Promise<void> {
  const schema = generationSchema(projector.name, generation)
  await client.query(`create schema ${schema}`)
  await useGeneration(client, projector.name, generation)
  await client.query(CREATE_CHECKPOINT)
  await client.query('insert into checkpoint (projector, generation, code_version) values ($1, $2, $3)', [
    projector.name,
    generation,
    projector.version,
  ])
  await client.query(CREATE_PARKED)
  await client.query(projector.tables)
  for (const [table, columns] of Object.entries(projector.personal ?? {}))
    // Else Postgres keeps the most frequent values in a table of its own.
    for (const column of columns) await client.query(`alter table ${table} alter column ${column} set statistics 0`)
}

/** From here on, bare names in this session mean this generation's tables. */
export async function useGeneration(client: ClientBase, projector: string, generation: number): Promise<void> {
  await client.query(`set search_path = ${generationSchema(projector, generation)}`)
}

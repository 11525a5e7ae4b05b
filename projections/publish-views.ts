import { type ClientBase, DatabaseError } from 'pg'
import { generationSchema } from './generation.ts'
import type { Installable } from './projector.ts'

/**
 * Points the projector's views in schema `pharos` at the generation that the session works in, and makes
 * `projection_checkpoints` and `parked` show it. Within a transaction: readers see all of it or none.
 */
export async function publishViews(client: ClientBase, projector: Installable): Promise<void> {
  for (const [name, query] of Object.entries(projector.views)) await replaceView(client, name, query)
  const { rows } = await client.query<{ projector: string; generation: number; parks: boolean }>(
    `select projector, generation,
       to_regclass(format('pharos_%s_v%s.parked', projector, generation)) is not null as parks
     from pharos_system.projections
     order by projector`,
  )
  const schema = (row: { projector: string; generation: number }): string =>
    generationSchema(row.projector, row.generation)
  const checkpoints = rows.map((row) => `select ${CHECKPOINT} from ${schema(row)}.checkpoint`)
  await replaceView(client, 'projection_checkpoints', checkpoints.join(' union all '))
  const parked = rows
    .filter((row) => row.parks)
    .map((row) => `select '${row.projector}'::text as projector, ${PARKED} from ${schema(row)}.parked`)
  await replaceView(client, 'parked', parked.join(' union all '))
}

const PARKED = 'aggregate, from_position, cause as position, error, parked_at'
const CHECKPOINT = 'projector, generation, code_version, epoch, position, as_of, updated_at, halt, halted_at, error'

/** Replacing keeps grants and what depends on the view; where the columns changed, only a new view will do. */
async function replaceView(client: ClientBase, name: string, query: string): Promise<void> {
  await client.query('savepoint replace_view')
  try {
    await client.query(`create or replace view pharos.${name} as ${query}`)
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== INVALID_TABLE_DEFINITION) throw error
    await client.query('rollback to savepoint replace_view')
    await client.query(`drop view pharos.${name}`)
    await client.query(`create view pharos.${name} as ${query}`)
  }
  await client.query('release savepoint replace_view')
}

const INVALID_TABLE_DEFINITION = '42P16'

import { Client } from 'pg'
import { aliasIndex } from '../../projections/alias-index/alias-index.ts'
import { IndexPublisher } from '../../projections/alias-index/index-publisher.ts'
import { createGeneration } from '../../projections/generation.ts'
import { epoch as epochShape } from '../../schemas/position.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { BenchContext } from '../bench.ts'
import { countingPorts } from './counting-ports.ts'

/** Changes that are measured at least; always so many that the last ends a cycle from base to base. */
const LEAST_CHANGES = 2_000

/**
 * Bytes written per change in an index of one scope with so many names: every change is a version of its own, and whole
 * cycles are measured, from one base to the next, so that all merging and the base itself are counted in. Tables,
 * planning and packing are the real ones.
 */
export async function bytesPerChange(
  databaseUrl: string,
  names: number,
  { note, signal }: BenchContext,
): Promise<number> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // Bytes are counted, not time, and nothing is to survive: hundreds of thousands of commits need not wait for the disk.
    await client.query('set synchronous_commit = off')
    await client.query(`drop schema if exists pharos_alias_index_v${GENERATION} cascade`)
    await createGeneration(client, aliasIndex, GENERATION)
    await client.query(FILL, [names])
    for (const piece of aliasIndex.completion) await client.query(piece)
    await client.query('analyze')
    const { ports, written } = countingPorts(client)
    const epoch = epochShape.parse(newUlid())
    const at = { epoch, sequence: names }
    const log = { readAll: () => none(), head: async () => at }
    const tenure = { client, log, generation: GENERATION, at, head: at, signal, alive: async () => {} }
    const publisher = await IndexPublisher.begin(ports, tenure)
    await publisher.publish(at)
    const start = { ...written }
    let changes = 0
    let bases: number
    do {
      signal.throwIfAborted()
      bases = written.bases
      const position = names + ++changes
      await client.query({ name: 'change', text: CHANGE, values: [1 + ((changes * STEP) % names), position] })
      await publisher.publish({ epoch, sequence: position })
    } while (changes < LEAST_CHANGES || written.bases === bases)
    const bytes = (of: typeof written): number => of.objects + of.pointers + of.claims
    const each = (of: keyof typeof written): string => ((written[of] - start[of]) / changes).toFixed(0)
    note(
      `${names} names: ${changes} changes, ${written.bases - start.bases} bases; bytes per change in objects ${each('objects')}, pointers ${each('pointers')}, claims ${each('claims')}`,
    )
    return (bytes(written) - bytes(start)) / changes
  } finally {
    await client.query(`drop schema if exists pharos_alias_index_v${GENERATION} cascade`)
    await client.end()
  }
}

/** Beside the tables of the projector, which nobody runs meanwhile. */
const GENERATION = 900
/** Prime, so that every name has its turn before one comes again. */
const STEP = 7_368_787

const FILL = `
  with filled as (
    insert into index_entries (scope_key, node, name_key, name, target_kind, target, id, is_taken, is_enabled, expires, revision)
    select 'global', '', 'primary_sensor_' || number, 'Primary_Sensor_' || number, 'channel', gen_random_uuid()::text,
      number, true, true, 0, number
    from generate_series(1, $1::int) as number
  )
  insert into index_scopes (scope_key, changed_at, due_at) values ('global', $1, $1)`

const CHANGE = `
  with changed as (
    update index_entries set target = gen_random_uuid()::text, revision = $2::bigint
    where scope_key = 'global' and node = '' and name_key = 'primary_sensor_' || $1::int
    returning scope_key
  )
  update index_scopes set changed_at = $2::bigint, due_at = $2::bigint from changed
  where index_scopes.scope_key = changed.scope_key`

async function* none(): AsyncGenerator<never, void> {}

import type { ClientBase } from 'pg'
import { inTransaction } from '../in-transaction.ts'
import type { Payload, StoredChunk } from './payload.ts'

/** The chunks of all payloads, each once. */
function chunksOf(payloads: readonly Payload[]): readonly StoredChunk[] {
  return [...new Map(payloads.flatMap(({ chunks }) => chunks).map((chunk) => [chunk.sha256, chunk])).values()]
}

/**
 * Records what the scopes' payloads are now, and nothing else of them. A chunk that no scope needs any more is released
 * as of `now` (epoch milliseconds), one that is needed again is not released any more.
 */
export async function recordPayloads(
  ledger: ClientBase,
  scopes: readonly string[],
  all: readonly Payload[],
  now: number,
): Promise<void> {
  const { scopes: changed, payloads } = await withoutUnchanged(ledger, scopes, all)
  if (changed.length === 0) return
  const chunks = chunksOf(payloads)
  const references = payloads.flatMap(({ scope, schemaVersion, tableName, chunks: of }) =>
    [...new Set(of.map(({ sha256 }) => sha256))].map((sha256) => ({ scope, schemaVersion, tableName, sha256 })),
  )
  await inTransaction(ledger, async () => {
    await ledger.query(
      `insert into chunks (sha256, bytes, stored_bytes)
       select * from unnest($1::text[], $2::bigint[], $3::bigint[])
       on conflict (sha256) do update set released_at = null where chunks.released_at is not null`,
      [chunks.map(({ sha256 }) => sha256), chunks.map(({ bytes }) => bytes), chunks.map((chunk) => chunk.storedBytes)],
    )
    const { rows: dropped } = await ledger.query<{ sha256: string }>(
      'delete from chunk_references where scope = any ($1) returning sha256',
      [changed],
    )
    await ledger.query(
      `insert into chunk_references (sha256, scope, schema_version, table_name)
       select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[])`,
      [
        references.map(({ sha256 }) => sha256),
        references.map(({ scope }) => scope),
        references.map(({ schemaVersion }) => schemaVersion),
        references.map(({ tableName }) => tableName),
      ],
    )
    await ledger.query(
      `update chunks set released_at = $2
       where sha256 = any ($1) and released_at is null
         and not exists (select from chunk_references where chunk_references.sha256 = chunks.sha256)`,
      [[...new Set(dropped.map(({ sha256 }) => sha256))], new Date(now)],
    )
    await ledger.query('delete from payloads where scope = any ($1)', [changed])
    await ledger.query(
      `insert into payloads (scope, schema_version, table_name, row_count, sha256, chunks)
       select * from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::text[], $6::jsonb[])`,
      [
        payloads.map(({ scope }) => scope),
        payloads.map(({ schemaVersion }) => schemaVersion),
        payloads.map(({ tableName }) => tableName),
        payloads.map(({ rowCount }) => rowCount),
        payloads.map(({ sha256 }) => sha256),
        payloads.map((payload) =>
          JSON.stringify(payload.chunks.map(({ sha256, rows, bytes }) => ({ sha256, rows, bytes }))),
        ),
      ],
    )
  })
}

/**
 * The scopes of which something else is to be recorded than is, with their payloads: where one user is changed, every
 * device's own row stays what it was. What needs a chunk that is not recorded, or is released, is to be recorded anew.
 */
async function withoutUnchanged(
  ledger: ClientBase,
  scopes: readonly string[],
  payloads: readonly Payload[],
): Promise<{ readonly scopes: readonly string[]; readonly payloads: readonly Payload[] }> {
  const { rows } = await ledger.query<{ scope: string; version: number; name: string; sha256: string; cut: string[] }>(
    `select scope, schema_version as version, table_name as name, sha256, array(
       select chunks.sha256
       from jsonb_array_elements(payloads.chunks) with ordinality as listed (chunk, number)
       join chunks on chunks.sha256 = chunk ->> 'sha256' and chunks.released_at is null
       order by number
     ) as cut
     from payloads where scope = any ($1)`,
    [scopes],
  )
  const recorded = Map.groupBy(rows, ({ scope }) => scope)
  const wanted = Map.groupBy(payloads, ({ scope }) => scope)
  const changed = new Set(scopes.filter((scope) => !isSame(recorded.get(scope) ?? [], wanted.get(scope) ?? [])))
  return { scopes: [...changed], payloads: payloads.filter(({ scope }) => changed.has(scope)) }
}

function isSame(
  recorded: readonly {
    readonly version: number
    readonly name: string
    readonly sha256: string
    readonly cut: string[]
  }[],
  wanted: readonly Payload[],
): boolean {
  const said = new Set(recorded.map(({ version, name, sha256, cut }) => [version, name, sha256, ...cut].join(' ')))
  return (
    said.size === wanted.length &&
    wanted.every(({ schemaVersion, tableName, sha256, chunks }) =>
      said.has([schemaVersion, tableName, sha256, ...chunks.map((chunk) => chunk.sha256)].join(' ')),
    )
  )
}

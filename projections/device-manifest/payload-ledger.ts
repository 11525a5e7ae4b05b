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
  payloads: readonly Payload[],
  now: number,
): Promise<void> {
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
      [scopes],
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
    await ledger.query('delete from payloads where scope = any ($1)', [scopes])
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

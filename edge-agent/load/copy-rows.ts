import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import type { ChunkDirectory } from '../chunks/chunk-directory.ts'
import { readChunk } from '../chunks/read-chunk.ts'
import { CSV, csvOfLines } from './csv-of-lines.ts'
import { columnList } from './table-sql.ts'

export interface CopySource {
  readonly chunks: ChunkDirectory
  readonly signal: AbortSignal
  /** Told of rows that were handed to Postgres. */
  readonly onRows: (rows: number) => void
}

/** Pieces of this size are what Postgres takes quickest. */
const PIECE_BYTES = 64 * 1024

/**
 * COPY of verified chunks into a table, in their order.
 * @param into the table's name, quoted.
 * @param freeze the table was made, or emptied, in this transaction: its rows are then visible to older snapshots as well,
 *   which else would find a table without rows.
 */
export async function copyRows(
  client: ClientBase,
  source: CopySource,
  {
    into,
    table,
    parts,
    freeze,
  }: {
    readonly into: string
    readonly table: DeviceTable
    readonly parts: readonly ManifestChunk[]
    readonly freeze: boolean
  },
): Promise<void> {
  const columns = columnList(table.columns.map(({ name }) => name))
  const options = freeze ? `${CSV}, freeze` : CSV
  const copy = client.query(copyFrom(`copy ${into} (${columns}) from stdin with (${options})`))
  await pipeline(Readable.from(pieces(source, parts), { objectMode: true, highWaterMark: 2 }), copy, {
    signal: source.signal,
  })
}

async function* pieces({ chunks, onRows }: CopySource, parts: readonly ManifestChunk[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    const csv = csvOfLines(await readChunk(chunks, part))
    for (let at = 0; at < csv.length; at += PIECE_BYTES) yield csv.subarray(at, at + PIECE_BYTES)
    onRows(part.rows)
  }
}

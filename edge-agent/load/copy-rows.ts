import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import type { ChunkDirectory } from '../chunks/chunk-directory.ts'
import { readChunk } from '../chunks/read-chunk.ts'
import { binaryOfLines } from './binary-of-lines.ts'
import { columnList } from './table-sql.ts'

export interface CopySource {
  readonly chunks: ChunkDirectory
  readonly signal: AbortSignal
  /** Told of rows that were handed to Postgres. */
  readonly onRows: (rows: number) => void
}

/** Pieces of this size are what Postgres takes quickest. */
const PIECE_BYTES = 64 * 1024
/** Before the rows: signature, no flags, nothing more in the header. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
/** Behind them: a row of -1 columns. */
const TRAILER = Buffer.of(0xff, 0xff)

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
  const options = freeze ? 'format binary, freeze' : 'format binary'
  const copy = client.query(copyFrom(`copy ${into} (${columns}) from stdin with (${options})`))
  await pipeline(Readable.from(pieces(source, table, parts), { objectMode: true, highWaterMark: 2 }), copy, {
    signal: source.signal,
  })
}

async function* pieces(
  { chunks, onRows }: CopySource,
  { columns }: DeviceTable,
  parts: readonly ManifestChunk[],
): AsyncGenerator<Buffer> {
  const types = columns.map(({ type }) => type)
  yield HEADER
  for (const part of parts) {
    const rows = binaryOfLines(await readChunk(chunks, part), part.rows, types)
    for (let at = 0; at < rows.length; at += PIECE_BYTES) yield rows.subarray(at, at + PIECE_BYTES)
    onRows(part.rows)
  }
  yield TRAILER
}

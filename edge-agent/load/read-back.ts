import { createHash } from 'node:crypto'
import { escapeIdentifier, type ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { CSV } from './csv-of-lines.ts'
import { LinesOfCsv, ROW_MARK } from './lines-of-csv.ts'
import type { TableContent } from './table-content.ts'
import { canonicalOrder, qualified } from './table-sql.ts'

/**
 * Reads a table from Postgres and hashes its canonical rows.
 * @param order `stored`: as the rows lie, which for a table just loaded is the order they came in, and spares sorting them.
 *   That is no promise of Postgres': a hash that fits proves it, and one that does not is to be asked for again by `key`.
 */
export async function readBack(
  client: ClientBase,
  table: DeviceTable,
  schema: string,
  order: 'stored' | 'key',
): Promise<TableContent> {
  const values = table.columns.map(({ name }) => `${escapeIdentifier(name)}::text`)
  const rows = `select '${ROW_MARK}', ${values.join(', ')} from ${qualified(schema, table.name)}`
  const ordered = order === 'key' ? `${rows} order by ${canonicalOrder(table)}` : rows
  const hash = createHash('sha256')
  const lines = new LinesOfCsv()
  const stream = client.query(copyTo(`copy (${ordered}) to stdout with (${CSV}, force_quote *)`))
  for await (const piece of stream) hash.update(lines.push(piece as Buffer))
  hash.update(lines.end())
  return { rowCount: lines.rows, sha256: hash.digest('hex') }
}

import { escapeIdentifier, type ClientBase } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { CanonicalHash } from './canonical-hash.ts'
import { copyOut } from './copy-out.ts'
import type { TableContent } from './table-content.ts'
import { canonicalOrder, qualified } from './table-sql.ts'

/**
 * With these marks CSV whose values are all quoted is a canonical row without its brackets, but for control characters: so a
 * million rows are hashed, and not parsed.
 */
const CSV = String.raw`format csv, force_quote *, quote '"', escape '\', null 'null', encoding 'UTF8'`

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
  // What a cast to text gives is what is written anyway, but for booleans; of a million rows the casts took 0.15 s.
  const values = table.columns.map(({ name, type }) => `${escapeIdentifier(name)}${type === 'boolean' ? '::text' : ''}`)
  const rows = `select ${values.join(', ')} from ${qualified(schema, table.name)}`
  const ordered = order === 'key' ? `${rows} order by ${canonicalOrder(table)}` : rows
  const hash = new CanonicalHash()
  await copyOut(client, `copy (${ordered}) to stdout with (${CSV})`, (row) => hash.add(row))
  return hash.end()
}

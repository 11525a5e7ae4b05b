import { escapeIdentifier } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'

/** A chunk begins at a row whose key hashes to 0 of so many: some 4,096 rows a chunk, wherever rows come and go. */
const ROWS_OF_CHUNK = 4_096

/**
 * SQL of one row of a table as it is read for a payload: a flag, `1` where a chunk is to begin, and then the row's
 * canonical line (schemas/device-sync/rows.ts) without its line feed. Postgres escapes texts in JSON as
 * `JSON.stringify` does.
 */
export function flaggedLineSql(table: DeviceTable): string {
  const values = table.columns.map(({ name }) => `coalesce(to_json(${escapeIdentifier(name)}::text)::text, 'null')`)
  const key = table.primaryKey.map((name) => escapeIdentifier(name)).join(String.raw` || E'\x1f' || `)
  const flag = `case when hashtextextended(${key}, 0) % ${ROWS_OF_CHUNK} = 0 then '1' else '0' end`
  return `${flag} || '[' || ${values.join(` || ',' || `)} || ']'`
}

/** The order of a table's rows. */
export function rowOrderSql(table: DeviceTable): string {
  return table.primaryKey.map((name) => `${escapeIdentifier(name)}::text collate "C"`).join(', ')
}

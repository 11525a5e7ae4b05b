import { escapeIdentifier } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'

/** `"schema"."table"`. */
export function qualified(schema: string, table: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`
}

/** `"a", "b"`. */
export function columnList(columns: readonly string[]): string {
  return columns.map((name) => escapeIdentifier(name)).join(', ')
}

/** Type of a column as it stands in the database. Keys compare by bytes, as canonical rows are ordered. */
export function columnType({ columns, primaryKey }: DeviceTable, name: string): string {
  const type = columns.find((column) => column.name === name)?.type ?? 'text'
  return type === 'text' && primaryKey.includes(name) ? 'text collate "C"' : type
}

/** The table with nothing but its columns: keys and indexes are quicker to build when the rows are there. */
export function createTableSql(table: DeviceTable, schema: string, kind: '' | 'unlogged' = ''): string {
  const columns = table.columns.map(
    ({ name, nullable }) =>
      `${escapeIdentifier(name)} ${columnType(table, name)}${nullable === true ? '' : ' not null'}`,
  )
  return `create ${kind} table ${qualified(schema, table.name)} (${columns.join(', ')})`
}

/**
 * Indexes of its primary key and of the catalogue, named as they are in every database. Made as plain indexes, since making
 * a key locks out whoever reads, and the table is read back meanwhile: see `keySql`.
 */
export function indexSql(table: DeviceTable, schema: string): readonly string[] {
  const name = qualified(schema, table.name)
  const key = `create unique index ${escapeIdentifier(keyName(table))} on ${name} (${columnList(table.primaryKey)})`
  const indexes = (table.indexes ?? []).map(
    (columns) => `create index ${escapeIdentifier(indexName(table, columns))} on ${name} (${columnList(columns)})`,
  )
  return [key, ...indexes]
}

/** Makes the index of its key its primary key, at once. */
export function keySql(table: DeviceTable, schema: string): string {
  const key = escapeIdentifier(keyName(table))
  return `alter table ${qualified(schema, table.name)} add constraint ${key} primary key using index ${key}`
}

export function keyName({ name }: DeviceTable): string {
  return `${name}_pkey`
}

export function indexName({ name }: DeviceTable, columns: readonly string[]): string {
  return `${name}_${columns.join('_')}_idx`
}

/** Names of all indexes that are the agent's own. */
export function ownIndexes(table: DeviceTable): readonly string[] {
  return [keyName(table), ...(table.indexes ?? []).map((columns) => indexName(table, columns))]
}

/** The order of canonical rows. */
export function canonicalOrder({ primaryKey }: DeviceTable): string {
  return primaryKey.map((name) => `${escapeIdentifier(name)}::text collate "C"`).join(', ')
}

import { escapeIdentifier, type Pool } from 'pg'
import type { DeviceTable } from '../../../schemas/device-sync/device-tables.ts'

/** Tables with every type of column that is hard to carry, and none of the platform's own. */
export const hardTables: readonly DeviceTable[] = [
  {
    name: 'things',
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'label', type: 'text', nullable: true },
      { name: 'amount', type: 'numeric', nullable: true },
      { name: 'at', type: 'timestamptz', nullable: true },
      { name: 'raw', type: 'bytea', nullable: true },
      { name: 'on', type: 'boolean', nullable: true },
      { name: 'ratio', type: 'double precision', nullable: true },
      { name: 'doc', type: 'jsonb', nullable: true },
      { name: 'ref', type: 'uuid', nullable: true },
      { name: 'n', type: 'integer', nullable: true },
    ],
    primaryKey: ['id'],
    indexes: [['label']],
  },
  {
    name: 'links',
    columns: [
      { name: 'left_id', type: 'text' },
      { name: 'right_id', type: 'text' },
    ],
    primaryKey: ['left_id', 'right_id'],
  },
  { name: 'nothing', columns: [{ name: 'id', type: 'text' }], primaryKey: ['id'] },
]

/** The tables, empty, in schema `source`: where central would have them. */
export async function makeSource(pool: Pool, tables: readonly DeviceTable[]): Promise<void> {
  await pool.query('create schema source')
  for (const { name, columns, primaryKey } of tables) {
    const list = columns.map(
      (column) => `${escapeIdentifier(column.name)} ${column.type}${column.nullable === true ? '' : ' not null'}`,
    )
    await pool.query(
      `create table source.${escapeIdentifier(name)} (${list.join(', ')}, primary key (${primaryKey.map((one) => escapeIdentifier(one)).join(', ')}))`,
    )
  }
}

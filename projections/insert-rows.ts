import type { ClientBase } from 'pg'
import { storableText } from './storable-text.ts'
import type { Row, Table } from './table.ts'
import { textArray } from './text-array.ts'

type Value = string | number | boolean | null | undefined

/** Inserts all rows with one statement: a prepared one, with one array per column. */
export async function insertRows<T extends Table>(
  client: ClientBase,
  table: T,
  rows: readonly Row<T>[],
): Promise<void> {
  const columns = Object.entries(table.columns)
  const names = columns.map(([name]) => name).join(', ')
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')
  await client.query({
    name: `insert ${table.name}`,
    text: `insert into ${table.name} (${names}) select * from unnest(${arrays})`,
    values: columns.map(([name, type]) => {
      const values = rows.map((row) => storable(row[name]))
      return type === 'text' ? textArray(values.map(textOf)) : values
    }),
  })
}

function storable(value: Value): string | number | boolean | null {
  return typeof value === 'string' ? storableText(value) : (value ?? null)
}

function textOf(value: string | number | boolean | null): string | null {
  return value === null ? null : String(value)
}

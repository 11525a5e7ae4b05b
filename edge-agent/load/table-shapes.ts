import type { ClientBase } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { MIRROR } from './schemas.ts'
import { columnType } from './table-sql.ts'

/** How a mirrored table stands in the database. */
export interface TableShape {
  /** It has all columns and the key of the catalogue. */
  readonly fits: boolean
  /** Somebody on the device gave it columns of their own. */
  readonly hasMore: boolean
}

interface Row {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly key: readonly string[] | null
}

/** Those of the tables that are there, by name. */
export async function readTableShapes(
  client: ClientBase,
  tables: readonly DeviceTable[],
): Promise<ReadonlyMap<string, TableShape>> {
  const { rows } = await client.query<Row>(
    `select relname as name,
       (select jsonb_agg(jsonb_build_object('name', attname, 'nullable', not attnotnull, 'type',
          replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz')
            || case when (select collname from pg_collation where oid = attcollation) = 'C' then ' collate "C"' else '' end))
        from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped) as columns,
       (select jsonb_agg(attname order by place) from pg_constraint made, unnest(made.conkey) with ordinality key (num, place)
          join pg_attribute on attnum = num and attrelid = pg_class.oid
        where made.conrelid = pg_class.oid and made.contype = 'p') as key
     from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r' and relname = any ($2)`,
    [MIRROR, tables.map(({ name }) => name)],
  )
  const byName = new Map(rows.map((row) => [row.name, row]))
  return new Map(
    tables.flatMap((table) => {
      const row = byName.get(table.name)
      return row === undefined ? [] : [[table.name, compared(table, row)] as const]
    }),
  )
}

function compared(table: DeviceTable, { columns, key }: Row): TableShape {
  const found = new Map(columns.map((column) => [column.name, column]))
  const fits = table.columns.every(({ name, nullable }) => {
    const column = found.get(name)
    return column?.type === columnType(table, name) && column.nullable === (nullable ?? false)
  })
  const hasKey = key?.join() === table.primaryKey.join()
  return { fits: fits && hasKey, hasMore: columns.length > table.columns.length }
}

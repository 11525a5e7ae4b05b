type ColumnType = 'text' | 'bigint' | 'boolean' | 'uuid' | 'json' | 'jsonb' | 'timestamptz' | 'numeric'

/** A table that rows are written to in bulk: its columns and their Postgres types, without keys. */
export interface Table {
  readonly name: string
  readonly columns: Readonly<Record<string, ColumnType>>
  /** No `apply` ever reads its rows, and they need no order among those of other tables: a bulk load writes them beside all others. */
  readonly isOnlyWritten?: true
}

/** One row to write. A `json` or `jsonb` value is its JSON text, a `timestamptz` RFC 3339. */
export type Row<T extends Table> = { readonly [C in keyof T['columns']]: string | number | boolean | null }

import type { ClientBase } from 'pg'
import { inTransaction } from '../in-transaction.ts'

/** Rows fetched at a time: a result of any size takes bounded memory. */
const PAGE = 1000

/**
 * Runs one query in a transaction that can only read, with the schema as its search path, and gives every row as text by
 * column. @throws what Postgres says of the query.
 */
export async function queryScratch(
  client: ClientBase,
  { schema, sql }: { readonly schema: string; readonly sql: string },
  onRow: (row: Readonly<Record<string, unknown>>) => Promise<void>,
): Promise<void> {
  await client.query(`set search_path = ${schema}`)
  await inTransaction(
    client,
    async () => {
      await client.query(`declare result no scroll cursor for ${sql}`)
      for (;;) {
        const { rows } = await client.query<Record<string, unknown>>(`fetch ${PAGE} from result`)
        for (const row of rows) await onRow(row)
        if (rows.length < PAGE) return
      }
    },
    'read only',
  )
}

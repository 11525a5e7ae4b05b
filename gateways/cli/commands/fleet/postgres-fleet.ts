import { type ClientBase, escapeIdentifier } from 'pg'
import { copyCsv } from '../../../../infra/postgres/copy-csv.ts'
import { openSession } from '../../../../projections/session.ts'
import { type FleetSource, UnreadableSource } from '../../../fleet-import/fleet-source.ts'
import { IMPORT_TABLES, type ImportTable } from '../../../fleet-import/import-tables.ts'
import type { ImportMapping } from './import-mapping.ts'

/** Longest that reading one table may take. */
const STATEMENT_TIMEOUT = 60 * 60_000

/**
 * A fleet in another Postgres, read as of one moment: the session's snapshot. Only what the mapping and our names call
 * is read, and nothing is written. @throws UnreadableSource when it has no such table or column.
 */
export async function postgresFleet(
  connectionString: string,
  mapping: ImportMapping,
): Promise<FleetSource & AsyncDisposable> {
  const session = await openSession(
    { connectionString },
    { applicationName: 'pharos fleet import', statementTimeout: STATEMENT_TIMEOUT },
  ).catch((cause: unknown) => {
    throw new UnreadableSource(`the database cannot be reached: ${cause instanceof Error ? cause.message : ''}`)
  })
  try {
    const { client } = session
    await client.query('begin isolation level repeatable read read only')
    const queries = new Map<ImportTable, string>()
    for (const table of IMPORT_TABLES) {
      const query = await queryOf(client, table, mapping)
      if (query !== undefined) queries.set(table, query)
    }
    if (queries.size === 0)
      throw new UnreadableSource(`the database has none of ${IMPORT_TABLES.map(({ name }) => name).join(', ')}`)
    return {
      tables: [...queries.keys()],
      read: (table) => copyCsv(client, queries.get(table) ?? ''),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

/** Selects what the table has of our columns, under our names; `undefined` where it is not there and nobody said it was. */
async function queryOf(client: ClientBase, table: ImportTable, mapping: ImportMapping): Promise<string | undefined> {
  const mapped = mapping[table.name]
  const name = mapped?.table ?? table.name
  const quoted = name.split('.').map(escapeIdentifier).join('.')
  const { rows } = await client.query<{ column: string }>(
    `select attname as column from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [quoted],
  )
  if (rows.length === 0) {
    if (mapped?.table === undefined) return undefined
    throw new UnreadableSource(`the database has no table ${name}, which the mapping calls ${table.name}`)
  }
  const has = new Set(rows.map(({ column }) => column))
  const selected: string[] = []
  for (const column of Object.keys(table.columns)) {
    const said = mapped?.columns[column]
    const theirs = said ?? column
    if (has.has(theirs)) selected.push(`${escapeIdentifier(theirs)}::text as ${escapeIdentifier(column)}`)
    else if (said !== undefined || !table.optional.includes(column))
      throw new UnreadableSource(`the table ${name} has no column ${theirs}, the ${column} of ${table.name}`)
  }
  return `select ${selected.join(', ')} from ${quoted}`
}

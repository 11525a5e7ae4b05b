import type { Client } from 'pg'
import type { CopySource } from './copy-rows.ts'
import { copyRows } from './copy-rows.ts'
import { readDependants } from './dependants.ts'
import { addForeignKeysSql, dropForeignKeysSql, validateForeignKeys } from './foreign-keys.ts'
import type { TablePlan } from './load-plan.ts'
import { MIRROR } from './schemas.ts'
import { setSequences } from './set-sequences.ts'
import type { TableContent } from './table-content.ts'
import { qualified } from './table-sql.ts'
import { verifyBack } from './verify-back.ts'

/** Readers that have the tables are waited for so long; those that come meanwhile wait too. */
const LOCK_MS = 10_000

/**
 * The plain way: one transaction that empties the tables, fills them, and reads them back. Readers wait for all of it.
 * @returns foreign keys of edge-local tables whose rows point at nothing any more.
 */
export async function loadTruncate(
  client: Client,
  source: CopySource,
  plans: readonly TablePlan[],
  ledgerSql: (contents: ReadonlyMap<string, TableContent>) => string,
): Promise<readonly string[]> {
  const tables = plans.map(({ table }) => table)
  const names = tables.map(({ name }) => qualified(MIRROR, name))
  const { foreignKeys } = await readDependants(client, tables)
  const contents = new Map<string, TableContent>()
  try {
    await client.query(`begin; set local lock_timeout = ${LOCK_MS}; ${dropForeignKeysSql(foreignKeys)}`)
    if (names.length > 0) await client.query(`truncate table ${names.join(', ')} restart identity`)
    for (const [i, { table, wanted }] of plans.entries()) {
      await copyRows(client, source, { into: names[i] ?? '', table, parts: wanted.chunks, freeze: true })
      contents.set(table.name, await verifyBack(client, table, wanted, { schema: MIRROR, freshly: true }))
    }
    await setSequences(client, tables)
    await client.query(`${addForeignKeysSql(foreignKeys)}\n${ledgerSql(contents)}\ncommit`)
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
  return validateForeignKeys(client, foreignKeys)
}

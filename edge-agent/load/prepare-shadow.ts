import { escapeIdentifier } from 'pg'
import type { Client } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { ManifestTable } from '../../schemas/device-sync/manifest.ts'
import { copyRows, type CopySource } from './copy-rows.ts'
import type { Dependants } from './dependants.ts'
import { NEXT } from './schemas.ts'
import type { TableContent } from './table-content.ts'
import { createTableSql, indexSql, keySql, qualified } from './table-sql.ts'
import { verifyBack } from './verify-back.ts'

/**
 * Makes a table in schema `pharos_next`, beside the one that is read: rows, keys, indexes, statistics. It is verified
 * while its indexes are built, on a second session.
 * @throws ContentMismatch, and what Postgres says.
 */
export async function prepareShadow(
  { client, beside }: { readonly client: Client; readonly beside: Client },
  source: CopySource,
  table: DeviceTable,
  { wanted, indexes }: { readonly wanted: ManifestTable; readonly indexes: Dependants['indexes'] },
): Promise<TableContent> {
  const into = qualified(NEXT, table.name)
  await client.query('begin')
  await client.query(createTableSql(table, NEXT))
  await copyRows(client, source, { into, table, parts: wanted.chunks, freeze: true })
  await client.query('commit')
  const [verified, indexed] = await Promise.allSettled([
    verifyBack(client, table, wanted, { schema: NEXT, freshly: true }),
    complete(beside, table, indexes),
  ])
  if (verified.status === 'rejected') throw verified.reason
  if (indexed.status === 'rejected') throw indexed.reason
  await client.query(keySql(table, NEXT))
  return verified.value
}

async function complete(client: Client, table: DeviceTable, local: Dependants['indexes']): Promise<void> {
  const name = qualified(NEXT, table.name)
  for (const sql of indexSql(table, NEXT)) await client.query(sql)
  for (const index of local.filter((one) => one.table === table.name))
    await client.query(`create ${index.unique ? 'unique ' : ''}index ${index.name} on ${name} ${index.definition}`)
  await client.query(`analyze ${name}`)
}

/** Empties schema `pharos_next` of what a run before left. Everything in it is the agent's own, and nothing hangs on it. */
export async function clearNext(client: Client): Promise<void> {
  await client.query(`create schema if not exists ${escapeIdentifier(NEXT)}`)
  const { rows } = await client.query<{ name: string }>(
    'select relname as name from pg_class where relnamespace = to_regnamespace($1) and relkind = $2',
    [NEXT, 'r'],
  )
  for (const { name } of rows) await client.query(`drop table ${qualified(NEXT, name)}`)
}

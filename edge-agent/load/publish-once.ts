import type { Client } from 'pg'
import { type FoundDependants, readDependants } from './dependants.ts'
import { addForeignKeysSql, dropForeignKeysSql, validateForeignKeys } from './foreign-keys.ts'
import type { LoadPlan, TablePlan } from './load-plan.ts'
import { mergeStaged } from './merge.ts'
import { MIRROR } from './schemas.ts'
import { setSequences } from './set-sequences.ts'
import { swapSql } from './swap-sql.ts'
import type { TableContent } from './table-content.ts'
import { verifyBack } from './verify-back.ts'

/** What is to be seen from now on. */
export interface Publication {
  readonly client: Client
  readonly plan: LoadPlan
  readonly syncId: string
  /** Of tables that stand in `pharos_next`, whole; those of merges are added when they are read back. */
  readonly contents: Map<string, TableContent>
  /** What the ledger says from then on: part of the same transaction. */
  readonly ledgerSql: (contents: ReadonlyMap<string, TableContent>) => string
}

export interface Attempt {
  readonly swapped: readonly TablePlan[]
  readonly merged: readonly TablePlan[]
  /** Of the tables that are swapped. */
  readonly hanging: FoundDependants
  /** Foreign keys forbid what central says: let their rows point at nothing. */
  readonly loosen: boolean
}

/**
 * One transaction: merges, read back; then, in one message, swap, ledger and commit.
 * @returns foreign keys that could not be validated afterwards.
 */
export async function publishOnce(publication: Publication, attempt: Attempt): Promise<readonly string[]> {
  const { client, plan, syncId, contents, ledgerSql } = publication
  const { swapped, merged, hanging, loosen } = attempt
  const mergedTables = merged.map(({ table }) => table)
  const pointing = loosen ? (await readDependants(client, mergedTables)).foreignKeys : []
  const loosened = pointing.filter(({ acts }) => !acts)
  await client.query('begin')
  if (loosened.length > 0) await client.query(`set local lock_timeout = '1s'; ${dropForeignKeysSql(loosened)}`)
  for (const { table, wanted, parts } of merged) {
    await mergeStaged(client, table, parts?.go !== undefined)
    contents.set(table.name, await verifyBack(client, table, wanted, { schema: MIRROR, freshly: false }))
  }
  await setSequences(client, mergedTables)
  const swap =
    swapped.length === 0 && plan.gone.length === 0
      ? ''
      : swapSql({
          tables: swapped.map(({ table }) => table),
          present: swapped.filter(({ isPresent }) => isPresent).map(({ table }) => table.name),
          gone: plan.gone,
          dependants: hanging,
          syncId,
        })
  await client.query(`${addForeignKeysSql(loosened)}\n${swap}\n${ledgerSql(contents)}\ncommit`)
  return validateForeignKeys(client, [...hanging.foreignKeys, ...loosened])
}

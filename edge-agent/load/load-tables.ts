import type { Client } from 'pg'
import type { CopySource } from './copy-rows.ts'
import { readDependants } from './dependants.ts'
import type { LoadPlan } from './load-plan.ts'
import { loadTruncate } from './load-truncate.ts'
import { stageMerge } from './merge.ts'
import { clearNext, prepareShadow } from './prepare-shadow.ts'
import { publish } from './publish.ts'
import type { TableContent } from './table-content.ts'

export interface Load {
  /** Does the load; has the lock of the device's database. */
  readonly client: Client
  /** Works beside it. */
  readonly beside: Client
  readonly source: CopySource
  readonly plan: LoadPlan
  readonly syncId: string
  /** What the ledger says once the tables are what they are to be: within the same transaction. */
  readonly ledgerSql: (contents: ReadonlyMap<string, TableContent>) => string
  /** How long to wait for others to let go of tables that are swapped, in milliseconds. */
  readonly patienceMs: number
  /** Told when a part begins. */
  readonly onPart: (part: 'prepare' | 'publish', table?: string) => void
}

/**
 * Makes all tables of the plan what they are to be, at one moment; until then nobody sees any of it.
 * @returns foreign keys of edge-local tables whose rows point at nothing any more.
 * @throws ContentMismatch, what Postgres says, and the signal's reason; nothing has changed then.
 */
export async function loadTables(load: Load): Promise<readonly string[]> {
  const { client, beside, source, plan, onPart } = load
  const { changed } = plan
  await clearNext(client)
  if (changed.length > 0 && changed.every(({ tactic }) => tactic === 'truncate')) {
    onPart('publish')
    return loadTruncate(client, source, changed, load.ledgerSql)
  }
  const { indexes } = await readDependants(
    client,
    changed.map(({ table }) => table),
  )
  const contents = new Map<string, TableContent>()
  for (const { table, wanted, tactic, parts } of changed) {
    onPart('prepare', table.name)
    if (tactic === 'diff') await stageMerge(client, source, table, parts ?? { come: wanted.chunks })
    else contents.set(table.name, await prepareShadow({ client, beside }, source, table, { wanted, indexes }))
  }
  onPart('publish')
  const { signal } = source
  const dangling = await publish({ ...load, signal, contents })
  await clearNext(client)
  return dangling
}

import { escapeIdentifier, type ClientBase } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import type { ManifestChunk } from '../../schemas/device-sync/manifest.ts'
import { copyRows, type CopySource } from './copy-rows.ts'
import { MIRROR, NEXT } from './schemas.ts'
import { createTableSql, qualified } from './table-sql.ts'

/** What a table is to be merged with. */
export interface MergeParts {
  /** Chunks whose rows are to be there. */
  readonly come: readonly ManifestChunk[]
  /** Chunks whose rows are there now, and not in chunks that stay; left out: any row that does not come goes. */
  readonly go?: readonly ManifestChunk[]
}

const outgoing = (table: DeviceTable): DeviceTable => ({ ...table, name: `${table.name}$go` })

/** Puts the rows that come and go beside the table, unlogged: they are needed for this merge only. */
export async function stageMerge(
  client: ClientBase,
  source: CopySource,
  table: DeviceTable,
  { come, go }: MergeParts,
): Promise<void> {
  const staged = go === undefined ? [[table, come] as const] : [[table, come] as const, [outgoing(table), go] as const]
  for (const [stage, parts] of staged) {
    const into = qualified(NEXT, stage.name)
    await client.query(createTableSql(stage, NEXT, 'unlogged'))
    await copyRows(client, source, { into, table, parts, freeze: false })
    await client.query(`analyze ${into}`)
  }
}

/** Within a transaction: makes a table what is staged, touching no row that is right. Readers wait for nothing. */
export async function mergeStaged(client: ClientBase, table: DeviceTable, hasGo: boolean): Promise<void> {
  const [live, stage, go] = [table.name, table.name, outgoing(table).name].map((name, i) =>
    qualified(i === 0 ? MIRROR : NEXT, name),
  )
  const same = (one: string, other: string): string =>
    table.primaryKey
      .map((name) => `${one}.${escapeIdentifier(name)} = ${other}.${escapeIdentifier(name)}`)
      .join(' and ')
  const comes = `exists (select from ${stage} stage where ${same('live', 'stage')})`
  const goes = hasGo ? `exists (select from ${go} go where ${same('live', 'go')}) and ` : ''
  await client.query(`delete from ${live} live where ${goes} not ${comes}`)
  const columns = table.columns.map(({ name }) => escapeIdentifier(name))
  const rest = table.columns
    .filter(({ name }) => !table.primaryKey.includes(name))
    .map(({ name }) => escapeIdentifier(name))
  if (rest.length > 0) {
    // As text: 1.0 and 1.00 are one number and two canonical rows.
    const differs = rest.map((name) => `live.${name}::text is distinct from stage.${name}::text`).join(' or ')
    const sets = rest.map((name) => `${name} = stage.${name}`).join(', ')
    await client.query(
      `update ${live} live set ${sets} from ${stage} stage where ${same('live', 'stage')} and (${differs})`,
    )
  }
  await client.query(
    `insert into ${live} (${columns.join(', ')}) select ${columns.join(', ')} from ${stage} stage
     where not exists (select from ${live} live where ${same('live', 'stage')})`,
  )
}

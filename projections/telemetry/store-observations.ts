import type { ClientBase } from 'pg'
import { copyRows } from '../copy-rows.ts'
import { copyText } from '../copy-text.ts'
import { inTransaction } from '../in-transaction.ts'
import { isOutage } from '../is-outage.ts'
import type { Table } from '../table.ts'
import { type ObservationRow, observationKey } from './observation-row.ts'

const STAGING = {
  name: 'staged_observations',
  columns: {
    channel_id: 'uuid',
    ts: 'timestamptz',
    value: 'numeric',
    hash: 'text',
    provider: 'text',
    device: 'text',
    key: 'text',
  },
} as const satisfies Table

const COLUMNS = Object.keys(STAGING.columns).join(', ')

/** Makes the session's own table that rows pass through on their way. */
export async function createStaging(client: ClientBase): Promise<void> {
  const columns = Object.entries(STAGING.columns).map(([name, type]) => `${name} ${type}`)
  await client.query(`create temp table ${STAGING.name} (${columns.join(', ')}) on commit delete rows`)
}

/**
 * Stores the rows that are not there yet, within the transaction that is open: COPY into the staging table, from there
 * whatever is new. Returns how many were new. Their partitions must be there (see `ensurePartitions`).
 */
export async function storeObservations(client: ClientBase, rows: readonly ObservationRow[]): Promise<number> {
  if (rows.length === 0) return 0
  await copyRows(client, STAGING, copyText(STAGING, rows.map(staged)))
  const { rowCount } = await client.query({
    name: 'store observations',
    text: `
      insert into observations (${COLUMNS})
      select ${COLUMNS} from ${STAGING.name} order by channel_id, ts
      on conflict (channel_id, ts, key) do nothing`,
  })
  return rowCount ?? 0
}

/**
 * The rows that Postgres cannot take, for a reason that lies in them: what passed all rules and is still no observation
 * to Postgres must not stop the others. Tries halves, each rolled back. @throws what an outage throws.
 */
export async function findUnstorable(
  client: ClientBase,
  rows: readonly ObservationRow[],
): Promise<ReadonlyMap<ObservationRow, string>> {
  const found = new Map<ObservationRow, string>()
  const search = async (some: readonly ObservationRow[]): Promise<void> => {
    const error = await attempt(client, some)
    if (error === undefined) return
    const [only] = some
    if (only !== undefined && some.length === 1) return void found.set(only, error)
    const middle = Math.ceil(some.length / 2)
    await search(some.slice(0, middle))
    await search(some.slice(middle))
  }
  await search(rows)
  return found
}

async function attempt(client: ClientBase, rows: readonly ObservationRow[]): Promise<string | undefined> {
  const undo = new Error('only tried')
  try {
    await inTransaction(client, async () => {
      await storeObservations(client, rows)
      throw undo
    })
  } catch (error) {
    if (error === undo) return undefined
    if (isOutage(error) || !(error instanceof Error)) throw error
    return error.message
  }
}

function staged(row: ObservationRow) {
  const { channelId, at, value, hash, provider, device } = row
  return { channel_id: channelId, ts: at, value, hash, provider, device, key: observationKey(row) }
}

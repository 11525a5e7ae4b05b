import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Pool } from 'pg'
import { SEATTLE_ONLY } from '../../../../infra/sample/fleet-commands.ts'
import { parsePosition } from '../../../../schemas/position.ts'
import type { Pharos } from '../../../client/index.ts'
import type { SampleDevice } from './sample-devices.ts'

/** What one device has, by its own word and by central's. */
export interface DeviceFigures {
  readonly deviceId: string
  readonly site: string
  readonly manifestId: string
  readonly rows: number
  /** Every table has the count and the hash that central's manifest says, as the device read them back. */
  readonly isSame: boolean
  /** Central holds the device's word for it. */
  readonly isAcknowledged: boolean
}

/** One change, and what became of it. */
export interface DeviceStep {
  readonly change: string
  readonly devices: readonly DeviceFigures[]
  /** The devices that got it: those that see the person, and no other. */
  readonly reached: readonly string[]
  /** From sending the command until central held every such device's acknowledgement. */
  readonly ms: number
}

const LOOK_MS = 10
const PATIENCE_MS = 60_000

/** Renames somebody whom one device shows, and follows that to the device and back. */
export async function changeFleet(
  client: Pharos,
  pool: Pool,
  devices: readonly SampleDevice[],
  stop: AbortSignal,
): Promise<DeviceStep> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)])
  const before = await Promise.all(devices.map((device) => settled(pool, device, signal)))
  const { userId, names } = SEATTLE_ONLY
  const { rows } = await pool.query<{ name: string }>('select name from users where user_id = $1', [userId])
  const name = rows[0]?.name === names[0] ? names[1] : names[0]
  const started = performance.now()
  const result = await client.command('user.change', { userId, name }, { signal })
  if (result.status !== 'accepted') throw new Error(`the tour's change was answered ${JSON.stringify(result)}`)
  const { sequence } = parsePosition(result.position)
  await built(pool, sequence, signal)
  const after = await Promise.all(devices.map((device) => settled(pool, device, signal)))
  const ms = Math.round((performance.now() - started) * 10) / 10
  const reached = after.filter(({ manifestId }, i) => manifestId !== before[i]?.manifestId)
  return { change: `${userId} → ${name}`, devices: after, reached: reached.map(({ deviceId }) => deviceId), ms }
}

/** Until every location that the change is seen at was built with it. */
async function built(pool: Pool, position: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ left: boolean }>(
      `select exists (
         select from dirty_scopes
         left join pharos_device_manifest.built_locations as built on 'location:' || built.location_id = dirty_scopes.scope
         where dirty_scopes.position > coalesce(built.position, -1)
       ) or not exists (
         select from projection_checkpoints where projector = 'fleet' and position >= $1
       ) as left`,
      [position],
    )
    if (rows[0]?.left === false) return
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** What the device has, when it has what its newest manifest says and central has been told. */
async function settled(pool: Pool, device: SampleDevice, signal: AbortSignal): Promise<DeviceFigures> {
  for (;;) {
    const figures = await figuresOf(pool, device)
    if (figures?.isAcknowledged === true) return figures
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** `undefined` while it has no manifest, or not yet the newest. */
async function figuresOf(
  pool: Pool,
  { deviceId, site, databaseUrl }: SampleDevice,
): Promise<DeviceFigures | undefined> {
  const { rows } = await pool.query<{ manifest: string; acknowledged: boolean }>(
    `select manifest_id as manifest, exists (
       select from sync_acknowledgements as ack
       where ack.manifest_id = newest.manifest_id and ack.result = 'Success'
     ) as acknowledged
     from device_manifests as newest where device_id = $1`,
    [deviceId],
  )
  const manifestId = rows[0]?.manifest
  if (manifestId === undefined) return undefined
  const told = await pool.query<{ table: string; count: number; sha256: string }>(
    `select table_name as "table", row_count::int as count, sha256 from sync_manifests where manifest_id = $1`,
    [manifestId],
  )
  const own = await tablesOf(databaseUrl, manifestId)
  if (own === undefined) return undefined
  const isSame = told.rows.length > 0 && told.rows.every(({ table, sha256 }) => own.get(table)?.sha256 === sha256)
  const counts = [...own.values()].map(({ count }) => count)
  const isAcknowledged = rows[0]?.acknowledged === true
  return { deviceId, site, manifestId, rows: counts.reduce((sum, count) => sum + count, 0), isSame, isAcknowledged }
}

/** Counts and hashes as the device's own ledger has them, of its last success; `undefined` if that was another manifest. */
async function tablesOf(
  databaseUrl: string,
  manifestId: string,
): Promise<ReadonlyMap<string, { readonly count: number; readonly sha256: string }> | undefined> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'pharos tour' })
  await client.connect()
  try {
    const { rows } = await client.query<{ manifest: string; table: string; count: number; sha256: string }>(
      `select log.manifest_id as manifest, table_name as "table", row_count::int as count, sha256
       from pharos_edge.edge_sync_log as log
       join pharos_edge.edge_sync_tables on edge_sync_id = log.id
       where log.id = (select max(id) from pharos_edge.edge_sync_log where status = 'success')`,
    )
    if (rows[0]?.manifest !== manifestId) return undefined
    return new Map(rows.map(({ table, count, sha256 }) => [table, { count, sha256 }]))
  } finally {
    await client.end()
  }
}

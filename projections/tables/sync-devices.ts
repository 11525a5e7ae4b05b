import type { ProjectionTransaction } from '../projection-transaction.ts'
import { isoTime } from '../alias-row.ts'
import type { PlacedSyncEvent } from './placed-sync-event.ts'
import { horizonAt } from './sync-retention.ts'
import type { SyncTotals } from './sync-totals.ts'

type Counts = Readonly<Record<string, number>>

/** Where one device stands; times are ISO. */
interface Device {
  readonly deviceId: string
  mac: string
  requestAt: string | null
  ackAt: string | null
  result: string | null
  goodAt: string | null
  handed: string | null
  handedAt: string | null
  /** `null`: not known any more, or never: it has only said that it has what it was handed. */
  counts: Counts | null
  countedAt: string | null
}

interface DeviceRow {
  readonly device_id: string
  readonly mac: string
  readonly last_request_at: string | null
  readonly last_ack_at: string | null
  readonly last_result: string | null
  readonly last_good_at: string | null
  readonly handed_manifest_id: string | null
  readonly handed_at: string | null
  readonly handed_counts: Counts | null
  readonly counted_at: string | null
}

/**
 * Brings each device of the batch to where its last event leaves it, and counts the rows that came and went.
 * @param horizon before which nothing counted when the batch began. @returns where it is now.
 */
export async function followDevices(
  events: readonly (PlacedSyncEvent<'sync.requested'> | PlacedSyncEvent<'sync.acknowledged'>)[],
  totals: SyncTotals,
  before: string,
  transaction: ProjectionTransaction,
): Promise<string> {
  let horizon = before
  if (events.length === 0) return horizon
  const devices = await load([...new Set(events.map(({ deviceId }) => deviceId))], transaction)
  for (const event of events) {
    const device = devices.get(event.deviceId) ?? unknown(event.deviceId)
    devices.set(event.deviceId, device)
    const beyond = horizonAt(event.at)
    if (beyond > horizon) horizon = beyond
    forget(device, horizon)
    device.mac = event.mac
    if ('status' in event) requested(device, event, totals)
    else acknowledged(device, event)
  }
  await save([...devices.values()], transaction)
  return horizon
}

/** As `EXPIRE` does it to what lies in the table. */
function forget(device: Device, horizon: string): void {
  const isOver = (time: string | null): boolean => time !== null && time < horizon
  if (isOver(device.requestAt)) device.requestAt = null
  if (isOver(device.ackAt)) [device.ackAt, device.result] = [null, null]
  if (isOver(device.goodAt)) device.goodAt = null
  if (isOver(device.countedAt)) [device.counts, device.countedAt] = [null, null]
  if (isOver(device.handedAt)) [device.handed, device.handedAt, device.counts] = [null, null, {}]
}

function requested(device: Device, event: PlacedSyncEvent<'sync.requested'>, totals: SyncTotals): void {
  device.requestAt = event.at
  if (event.status === 'unchanged') device.goodAt = event.at
  const { manifest, at } = event
  if (manifest === null) return
  const isOther = manifest.manifestId !== device.handed
  device.handedAt = at
  if (event.status !== 'manifest') {
    if (isOther) [device.handed, device.counts, device.countedAt] = [manifest.manifestId, null, null]
    return
  }
  const counts: Counts = Object.fromEntries(manifest.tables.map(({ name, rowCount }) => [name, rowCount]))
  const before = device.counts
  if (isOther && before !== null)
    for (const name of new Set([...Object.keys(counts), ...Object.keys(before)])) {
      const delta = (counts[name] ?? 0) - (before[name] ?? 0)
      totals.add(delta > 0 ? 'rows-added' : 'rows-removed', name, Math.abs(delta), at)
    }
  device.handed = manifest.manifestId
  device.counts = counts
  device.countedAt = at
}

function acknowledged(device: Device, { at, result }: PlacedSyncEvent<'sync.acknowledged'>): void {
  device.ackAt = at
  device.result = result
  if (result === 'Success') device.goodAt = at
}

function unknown(deviceId: string): Device {
  const nothing = { requestAt: null, ackAt: null, result: null, goodAt: null }
  return { deviceId, mac: '', ...nothing, handed: null, handedAt: null, counts: {}, countedAt: null }
}

async function load(ids: readonly string[], transaction: ProjectionTransaction): Promise<Map<string, Device>> {
  const rows = await transaction.query<DeviceRow>(
    `select device_id, mac, ${isoTime('last_request_at')} as last_request_at, ${isoTime('last_ack_at')} as last_ack_at,
       last_result, ${isoTime('last_good_at')} as last_good_at, handed_manifest_id, ${isoTime('handed_at')} as handed_at,
       handed_counts, ${isoTime('counted_at')} as counted_at
     from sync_devices where device_id = any ($1)`,
    [ids],
  )
  return new Map(
    rows.map((row) => [
      row.device_id,
      {
        deviceId: row.device_id,
        mac: row.mac,
        requestAt: row.last_request_at,
        ackAt: row.last_ack_at,
        result: row.last_result,
        goodAt: row.last_good_at,
        handed: row.handed_manifest_id,
        handedAt: row.handed_at,
        counts: row.handed_counts,
        countedAt: row.counted_at,
      },
    ]),
  )
}

async function save(devices: readonly Device[], transaction: ProjectionTransaction): Promise<void> {
  await transaction.query(
    `insert into sync_devices (device_id, mac, last_request_at, last_ack_at, last_result, last_good_at,
       handed_manifest_id, handed_at, handed_counts, counted_at)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::timestamptz[],
       $7::text[], $8::timestamptz[], $9::jsonb[], $10::timestamptz[])
     on conflict (device_id) do update set
       mac = excluded.mac, last_request_at = excluded.last_request_at, last_ack_at = excluded.last_ack_at,
       last_result = excluded.last_result, last_good_at = excluded.last_good_at,
       handed_manifest_id = excluded.handed_manifest_id, handed_at = excluded.handed_at,
       handed_counts = excluded.handed_counts, counted_at = excluded.counted_at`,
    [
      devices.map(({ deviceId }) => deviceId),
      devices.map(({ mac }) => mac),
      devices.map(({ requestAt }) => requestAt),
      devices.map(({ ackAt }) => ackAt),
      devices.map(({ result }) => result),
      devices.map(({ goodAt }) => goodAt),
      devices.map(({ handed }) => handed),
      devices.map(({ handedAt }) => handedAt),
      devices.map(({ counts }) => (counts === null ? null : JSON.stringify(counts))),
      devices.map(({ countedAt }) => countedAt),
    ],
  )
}

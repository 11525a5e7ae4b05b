import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { PlacedSyncEvent } from './placed-sync-event.ts'
import type { SyncTotals } from './sync-totals.ts'

type Counts = Readonly<Record<string, number>>

/** Where one device stands; times as text, as they came. */
interface Device {
  readonly deviceId: string
  mac: string
  requestAt: string | null
  ackAt: string | null
  result: string | null
  goodAt: string | null
  handed: string | null
  counts: Counts
}

interface DeviceRow {
  readonly device_id: string
  readonly mac: string
  readonly last_request_at: string | null
  readonly last_ack_at: string | null
  readonly last_result: string | null
  readonly last_good_at: string | null
  readonly handed_manifest_id: string | null
  readonly handed_counts: Counts
}

/** Brings each device of the batch to where its last event leaves it, and counts the rows that came and went. */
export async function followDevices(
  events: readonly (PlacedSyncEvent<'sync.requested'> | PlacedSyncEvent<'sync.acknowledged'>)[],
  totals: SyncTotals,
  transaction: ProjectionTransaction,
): Promise<void> {
  if (events.length === 0) return
  const devices = await load([...new Set(events.map(({ deviceId }) => deviceId))], transaction)
  for (const event of events) {
    const device = devices.get(event.deviceId) ?? unknown(event.deviceId)
    devices.set(event.deviceId, device)
    device.mac = event.mac
    if ('status' in event) requested(device, event, totals)
    else acknowledged(device, event)
  }
  await save([...devices.values()], transaction)
}

function requested(device: Device, event: PlacedSyncEvent<'sync.requested'>, totals: SyncTotals): void {
  device.requestAt = event.at
  if (event.status === 'unchanged') device.goodAt = event.at
  const { manifest } = event
  if (event.status !== 'manifest' || manifest === null || manifest.manifestId === device.handed) return
  const counts: Counts = Object.fromEntries(manifest.tables.map(({ name, rowCount }) => [name, rowCount]))
  for (const name of new Set([...Object.keys(counts), ...Object.keys(device.counts)])) {
    const delta = (counts[name] ?? 0) - (device.counts[name] ?? 0)
    totals.add(delta > 0 ? 'rows-added' : 'rows-removed', name, Math.abs(delta))
  }
  device.handed = manifest.manifestId
  device.counts = counts
}

function acknowledged(device: Device, { at, result }: PlacedSyncEvent<'sync.acknowledged'>): void {
  device.ackAt = at
  device.result = result
  if (result === 'Success') device.goodAt = at
}

function unknown(deviceId: string): Device {
  return { deviceId, mac: '', requestAt: null, ackAt: null, result: null, goodAt: null, handed: null, counts: {} }
}

async function load(ids: readonly string[], transaction: ProjectionTransaction): Promise<Map<string, Device>> {
  const rows = await transaction.query<DeviceRow>(
    `select device_id, mac, last_request_at::text, last_ack_at::text, last_result, last_good_at::text,
       handed_manifest_id, handed_counts
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
        counts: row.handed_counts,
      },
    ]),
  )
}

async function save(devices: readonly Device[], transaction: ProjectionTransaction): Promise<void> {
  await transaction.query(
    `insert into sync_devices (device_id, mac, last_request_at, last_ack_at, last_result, last_good_at,
       handed_manifest_id, handed_counts)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::timestamptz[],
       $7::text[], $8::jsonb[])
     on conflict (device_id) do update set
       mac = excluded.mac, last_request_at = excluded.last_request_at, last_ack_at = excluded.last_ack_at,
       last_result = excluded.last_result, last_good_at = excluded.last_good_at,
       handed_manifest_id = excluded.handed_manifest_id, handed_counts = excluded.handed_counts`,
    [
      devices.map(({ deviceId }) => deviceId),
      devices.map(({ mac }) => mac),
      devices.map(({ requestAt }) => requestAt),
      devices.map(({ ackAt }) => ackAt),
      devices.map(({ result }) => result),
      devices.map(({ goodAt }) => goodAt),
      devices.map(({ handed }) => handed),
      devices.map(({ counts }) => JSON.stringify(counts)),
    ],
  )
}

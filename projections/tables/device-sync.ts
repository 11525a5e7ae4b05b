import type { RecordedEvent } from '../../schemas/envelope.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import { deviceSyncEventData } from '../../schemas/events/device-sync.ts'
import { readDeviceSyncEvent } from '../../schemas/events/read-device-sync-event.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'
import { storableJson, storableText } from '../storable-text.ts'
import type { PlacedSyncEvent } from './placed-sync-event.ts'
import { COMPLETE_SYNC_TABLES, CREATE_SYNC_TABLES } from './sync-tables.ts'
import { followDevices } from './sync-devices.ts'
import { dayOf, moveHorizon, readHorizon } from './sync-retention.ts'
import { SyncTotals } from './sync-totals.ts'

/** What devices asked for, were told, and acknowledged: the audit of device sync, out of stream `SYNC`. */
export const deviceSync: Projector = {
  name: 'device_sync',
  version: 2,
  stream: 'SYNC',
  subjects: ['sync.>'],
  eventVersions: currentVersions(Object.keys(deviceSyncEventData)),
  tables: CREATE_SYNC_TABLES,
  completion: COMPLETE_SYNC_TABLES,
  remembered: ['sync_deltas'],
  views: {
    sync_requests: `
      select id, mac, manifest_id, requested_at, status, reason, payload_sha256, device_id, via from sync_requests`,
    sync_manifests: `
      select manifest_id, generated_at, table_name, row_count, sha256, filter_desc, payload_sha256, device_id
      from sync_manifests`,
    sync_acknowledgements: `
      select manifest_id, mac, completed_at, result, duration_ms, device_counts_json, device_hashes_json, error_text,
        payload_sha256, device_id, acknowledged_at, id
      from sync_acknowledgements`,
    sync_devices: `
      select device_id, mac, last_request_at, last_ack_at, last_result, last_good_at, handed_manifest_id from sync_devices`,
    sync_totals: `
      select kind, label, day, total from sync_outcomes union all select kind, label, day, total from sync_deltas`,
  },
  apply,
}

async function apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  const events = batch.map((recorded) => ({ recorded, event: readDeviceSyncEvent(recorded.envelope) }))
  const place = ({ sequence, envelope }: RecordedEvent) => ({ id: sequence, at: envelope.time })
  const requests = events.flatMap(({ recorded, event }) =>
    event.type === 'sync.requested' ? [{ ...place(recorded), ...event.data }] : [],
  )
  const said = events.flatMap(({ recorded, event }) =>
    event.type === 'sync.acknowledged' ? [{ ...place(recorded), ...event.data }] : [],
  )
  const totals = new SyncTotals()
  await addRequests(requests, transaction)
  await addManifests(requests, transaction)
  const kept = new Set(await addAcknowledgements(said, transaction))
  const acks = said.filter(({ id }) => kept.has(id))
  for (const { status, reason, at } of requests) totals.add('requests', reason ?? status, 1, at)
  for (const { result, at } of acks) totals.add('acks', result, 1, at)
  const before = await readHorizon(transaction)
  const horizon = await followDevices(
    [...requests, ...acks].toSorted((one, other) => one.id - other.id),
    totals,
    before,
    transaction,
  )
  await totals.write(transaction)
  if (horizon > before) await moveHorizon(horizon, transaction)
}

async function addRequests(
  requests: readonly PlacedSyncEvent<'sync.requested'>[],
  transaction: ProjectionTransaction,
): Promise<void> {
  if (requests.length === 0) return
  await transaction.query(
    `insert into sync_requests (id, device_id, mac, manifest_id, requested_at, status, reason, via, payload_sha256)
     select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
       $8::text[], $9::text[])`,
    [
      requests.map(({ id }) => id),
      requests.map(({ deviceId }) => deviceId),
      requests.map(({ mac }) => mac),
      requests.map(({ manifest }) => manifest?.manifestId ?? null),
      requests.map(({ at }) => at),
      requests.map(({ status }) => status),
      requests.map(({ reason }) => reason),
      requests.map(({ via }) => via),
      requests.map(({ manifest }) => manifest?.sha256 ?? null),
    ],
  )
}

interface HandedTable {
  readonly manifest: PlacedSyncEvent<'sync.requested'>['manifest']
  readonly table: { readonly name: string; readonly rowCount: number; readonly sha256: string }
}

/** However often a manifest is handed out, it is noted once, with the last day on which it was. */
async function addManifests(
  requests: readonly PlacedSyncEvent<'sync.requested'>[],
  transaction: ProjectionTransaction,
): Promise<void> {
  const noted = new Map<string, Omit<PlacedSyncEvent<'sync.requested'>, 'manifest'> & HandedTable>()
  for (const { manifest, ...request } of requests)
    for (const table of manifest?.tables ?? []) {
      const key = `${manifest?.manifestId} ${table.name}`
      noted.set(key, { ...request, manifest, table, ...noted.get(key), at: request.at })
    }
  const rows = [...noted.values()]
  if (rows.length === 0) return
  await transaction.query(
    `insert into sync_manifests (manifest_id, device_id, generated_at, table_name, row_count, sha256, filter_desc,
       payload_sha256, handed_on)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::text[], $7::text[],
       $8::text[], $9::timestamptz[])
     on conflict (manifest_id, table_name) do update set handed_on = excluded.handed_on
     where sync_manifests.handed_on < excluded.handed_on`,
    [
      rows.map(({ manifest }) => manifest?.manifestId),
      rows.map(({ deviceId }) => deviceId),
      rows.map(({ manifest }) => manifest?.generatedAt),
      rows.map(({ table }) => table.name),
      rows.map(({ table }) => table.rowCount),
      rows.map(({ table }) => table.sha256),
      rows.map(({ manifest }) => storableText(`locationId=${manifest?.filters.locationId ?? ''}`)),
      rows.map(({ manifest }) => manifest?.sha256),
      rows.map(({ at }) => dayOf(at)),
    ],
  )
}

/** @returns the ids of those that were not known. */
async function addAcknowledgements(
  acks: readonly PlacedSyncEvent<'sync.acknowledged'>[],
  transaction: ProjectionTransaction,
): Promise<readonly number[]> {
  if (acks.length === 0) return []
  const rows = await transaction.query<{ id: string }>(
    `insert into sync_acknowledgements (id, digest, device_id, manifest_id, mac, completed_at, result, duration_ms,
       device_counts_json, device_hashes_json, error_text, acknowledged_at, payload_sha256)
     select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
       $8::bigint[], $9::jsonb[], $10::jsonb[], $11::text[], $12::timestamptz[], $13::text[])
     on conflict (digest) do nothing
     returning id`,
    [
      acks.map(({ id }) => id),
      acks.map(({ digest }) => digest),
      acks.map(({ deviceId }) => deviceId),
      acks.map(({ manifestId }) => manifestId),
      acks.map(({ mac }) => mac),
      acks.map(({ completedAt }) => completedAt),
      acks.map(({ result }) => result),
      acks.map(({ durationMs }) => durationMs),
      acks.map(({ localCounts }) => storableJson(localCounts)),
      acks.map(({ localChecksums }) => storableJson(localChecksums)),
      acks.map(({ error }) => (error === null ? null : storableText(error.toWellFormed()))),
      acks.map(({ at }) => at),
      acks.map(({ manifestSha256 }) => manifestSha256),
    ],
  )
  return rows.map(({ id }) => Number(id))
}

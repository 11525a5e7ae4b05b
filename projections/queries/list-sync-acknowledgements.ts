import type { SyncAckFilter, SyncAckLine } from '../../schemas/queries/device-sync.ts'
import { isoTime } from '../alias-row.ts'
import { Conditions } from './conditions.ts'
import { newestFirst } from './newest-first.ts'
import type { Read } from './read.ts'

interface Page {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** What devices acknowledged, newest first. @throws RangeError when the cursor is not one of this list's. */
export async function listSyncAcknowledgements(
  read: Read,
  { cursor, limit, from, to, ...filter }: SyncAckFilter & Page,
): Promise<{ readonly acknowledgements: readonly SyncAckLine[]; readonly nextCursor: string | null }> {
  const { deviceId, mac, manifestId, result } = filter
  const where = new Conditions({ device_id: deviceId, mac, manifest_id: manifestId, result })
  const { rows, nextCursor } = await newestFirst<Omit<SyncAckLine, 'id'>>(read, where, {
    columns: `device_id as "deviceId", manifest_id as "manifestId", mac, ${isoTime('completed_at')} as "completedAt",
      ${isoTime('acknowledged_at')} as "acknowledgedAt", result, duration_ms::float8 as "durationMs",
      device_counts_json as "deviceCounts", device_hashes_json as "deviceHashes", error_text as error,
      payload_sha256 as "payloadSha256"`,
    table: 'pharos.sync_acknowledgements',
    time: 'acknowledged_at',
    ...{ cursor, limit, from, to },
  })
  return { acknowledgements: rows, nextCursor }
}

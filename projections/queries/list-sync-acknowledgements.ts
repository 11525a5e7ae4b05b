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
  const { rows, nextCursor } = await newestFirst<SyncAckLine>(read, where, {
    columns: {
      deviceId: 'device_id',
      manifestId: 'manifest_id',
      mac: 'mac',
      completedAt: isoTime('completed_at'),
      acknowledgedAt: isoTime('acknowledged_at'),
      result: 'result',
      durationMs: 'duration_ms::float8',
      deviceCounts: 'device_counts_json',
      deviceHashes: 'device_hashes_json',
      error: 'error_text',
      payloadSha256: 'payload_sha256',
    },
    table: 'pharos.sync_acknowledgements',
    time: 'acknowledged_at',
    cursor,
    limit,
    from,
    to,
  })
  return { acknowledgements: rows, nextCursor }
}

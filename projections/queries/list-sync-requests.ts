import type { SyncRequestFilter, SyncRequestLine } from '../../schemas/queries/device-sync.ts'
import { isoTime } from '../alias-row.ts'
import { Conditions } from './conditions.ts'
import { newestFirst } from './newest-first.ts'
import type { Read } from './read.ts'

interface Page {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** What devices asked for, newest first. @throws RangeError when the cursor is not one of this list's. */
export async function listSyncRequests(
  read: Read,
  { cursor, limit, from, to, ...filter }: SyncRequestFilter & Page,
): Promise<{ readonly requests: readonly SyncRequestLine[]; readonly nextCursor: string | null }> {
  const where = new Conditions({ device_id: filter.deviceId, mac: filter.mac, status: filter.status })
  const { rows, nextCursor } = await newestFirst<SyncRequestLine>(read, where, {
    columns: {
      deviceId: 'device_id',
      mac: 'mac',
      manifestId: 'manifest_id',
      requestedAt: isoTime('requested_at'),
      status: 'status',
      reason: 'reason',
      via: 'via',
      payloadSha256: 'payload_sha256',
    },
    table: 'pharos.sync_requests',
    time: 'requested_at',
    cursor,
    limit,
    from,
    to,
  })
  return { requests: rows, nextCursor }
}

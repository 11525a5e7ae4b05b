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
  const { rows, nextCursor } = await newestFirst<Omit<SyncRequestLine, 'id'>>(read, where, {
    columns: `device_id as "deviceId", mac, manifest_id as "manifestId", ${isoTime('requested_at')} as "requestedAt",
      status, reason, via, payload_sha256 as "payloadSha256"`,
    table: 'pharos.sync_requests',
    time: 'requested_at',
    ...{ cursor, limit, from, to },
  })
  return { requests: rows, nextCursor }
}

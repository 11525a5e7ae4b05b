import type { SyncDeviceFilter, SyncDeviceLine } from '../../schemas/queries/device-sync.ts'
import { isoTime } from '../alias-row.ts'
import { Conditions } from './conditions.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'
import { silentFor } from './silent-for.ts'

interface Page {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Devices with their credentials and what they last said, by id. @throws RangeError when the cursor is not one of this list's. */
export async function listSyncDevices(
  read: Read,
  { cursor, limit, status, silentHours }: SyncDeviceFilter & Page,
): Promise<{ readonly devices: readonly SyncDeviceLine[]; readonly nextCursor: string | null }> {
  const where = new Conditions({ 'credential.status': status })
  if (cursor !== undefined) where.add(`credential.device_id > ${where.value(readCursor(cursor, 1)[0])}`)
  if (silentHours !== undefined) where.add(silentFor(`make_interval(hours => ${where.value(silentHours)}::int)`))
  const rows = await read<SyncDeviceLine>(
    undefined,
    `select credential.device_id as "deviceId", credential.mac, credential.status,
       ${isoTime('credential.issued_at')} as "issuedAt", ${isoTime('credential.expires_at')} as "expiresAt",
       ${isoTime('last_request_at')} as "lastRequestAt", ${isoTime('last_ack_at')} as "lastAckAt",
       last_result as "lastResult", ${isoTime('last_good_at')} as "lastGoodAt", handed_manifest_id as "manifestId"
     from pharos.device_credentials as credential
     left join pharos.sync_devices as said on said.device_id = credential.device_id
     where ${where.text}
     order by credential.device_id
     limit ${where.value(limit + 1)}::int`,
    where.values,
  )
  const devices = rows.slice(0, limit)
  const last = rows.length > limit ? devices.at(-1) : undefined
  return { devices, nextCursor: last === undefined ? null : writeCursor([last.deviceId]) }
}

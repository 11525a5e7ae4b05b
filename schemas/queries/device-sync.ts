import { z } from 'zod'
import { instant } from '../alias.ts'
import { deviceId, manifestId } from '../device-sync/manifest.ts'
import { macAddress } from '../mac-address.ts'

const of = {
  deviceId: deviceId.optional(),
  mac: macAddress.optional(),
  /** At or after this time. */
  from: instant.optional(),
  /** Before this time. */
  to: instant.optional(),
}
const page = {
  /** As the page before gave it; opaque. */
  cursor: z.string().min(1).max(2048).optional(),
  limit: z.int().min(1).max(500).default(100),
}

/** What may be asked for of requests; all that is given must hold. */
export const syncRequestFilter = z.strictObject({
  ...of,
  status: z.enum(['manifest', 'unchanged', 'refused']).optional(),
})
export type SyncRequestFilter = z.infer<typeof syncRequestFilter>

/** The same of acknowledgements. */
export const syncAckFilter = z.strictObject({
  ...of,
  manifestId: manifestId.optional(),
  result: z.enum(['Success', 'Failed']).optional(),
})
export type SyncAckFilter = z.infer<typeof syncAckFilter>

/** And of devices, by their credentials. */
export const syncDeviceFilter = z.strictObject({
  status: z.enum(['active', 'revoked']).optional(),
  /** Only those that have not been as they should be for so many hours, with a credential that counts. */
  silentHours: z.int().min(1).max(8_784).optional(),
})
export type SyncDeviceFilter = z.infer<typeof syncDeviceFilter>

/** Query data by query type. */
export const deviceSyncQueryData = {
  'device-sync.requests': syncRequestFilter.extend(page),
  'device-sync.acknowledgements': syncAckFilter.extend(page),
  'device-sync.manifest': z.strictObject({ manifestId }),
  'device-sync.devices': syncDeviceFilter.extend(page),
} as const

export const syncRequestLine = z
  .object({
    /** Position in stream `SYNC`. */
    id: z.int(),
    deviceId: z.string(),
    mac: z.string(),
    manifestId: z.string().nullable(),
    requestedAt: z.string(),
    status: z.string(),
    reason: z.string().nullable(),
    via: z.string(),
    payloadSha256: z.string().nullable(),
  })
  .meta({ id: 'SyncRequestLine' })
export type SyncRequestLine = z.infer<typeof syncRequestLine>

export const syncAckLine = z
  .object({
    id: z.int(),
    deviceId: z.string(),
    manifestId: z.string(),
    mac: z.string(),
    completedAt: z.string(),
    acknowledgedAt: z.string(),
    result: z.string(),
    durationMs: z.int(),
    deviceCounts: z.record(z.string(), z.number()),
    deviceHashes: z.record(z.string(), z.string()),
    error: z.string().nullable(),
    payloadSha256: z.string(),
  })
  .meta({ id: 'SyncAckLine' })
export type SyncAckLine = z.infer<typeof syncAckLine>

export const syncManifestView = z
  .object({
    manifestId: z.string(),
    deviceId: z.string(),
    generatedAt: z.string(),
    filter: z.string(),
    payloadSha256: z.string(),
    tables: z.array(z.object({ name: z.string(), rowCount: z.int(), sha256: z.string() })),
  })
  .meta({ id: 'SyncManifest' })
export type SyncManifestView = z.infer<typeof syncManifestView>

export const syncDeviceLine = z
  .object({
    deviceId: z.string(),
    mac: z.string().nullable(),
    /** Of its credential. */
    status: z.string(),
    issuedAt: z.string().nullable(),
    expiresAt: z.string().nullable(),
    lastRequestAt: z.string().nullable(),
    lastAckAt: z.string().nullable(),
    lastResult: z.string().nullable(),
    /** When it last said that it is what it should be: by an ack of success, or by asking with its newest manifest. */
    lastGoodAt: z.string().nullable(),
    manifestId: z.string().nullable(),
  })
  .meta({ id: 'SyncDeviceLine' })
export type SyncDeviceLine = z.infer<typeof syncDeviceLine>

const nextCursor = z.string().nullable()

/** What a query answers, by query type. Newest first; devices by id. */
export const deviceSyncQueryAnswer = {
  'device-sync.requests': z.object({ requests: z.array(syncRequestLine), nextCursor }),
  'device-sync.acknowledgements': z.object({ acknowledgements: z.array(syncAckLine), nextCursor }),
  'device-sync.manifest': syncManifestView,
  'device-sync.devices': z.object({ devices: z.array(syncDeviceLine), nextCursor }),
} as const

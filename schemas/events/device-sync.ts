import { z } from 'zod'
import { deviceId, manifestId, manifestTable, sha256 } from '../device-sync/manifest.ts'
import { syncAck, tableChecksums, tableCounts } from '../device-sync/messages.ts'
import { epoch } from '../position.ts'

const device = { deviceId, mac: z.string(), via: z.enum(['nats', 'http']) }

/**
 * What stands in stream `SYNC`, by event name, in its newest version; `upcasters.ts` says which that is. Evidence of what
 * was said between a device and central: no state is made of it.
 */
export const deviceSyncEventData = {
  /** A device has asked (`sync.request.<device>`), and this was the answer. */
  'sync.requested': z.strictObject({
    ...device,
    status: z.enum(['manifest', 'unchanged', 'refused']),
    /** Code of a refusal. */
    reason: z.string().nullable(),
    /** What the device said that it has. */
    held: manifestId.nullable(),
    /** What it was told to be; of a whole manifest all but the chunks. */
    manifest: z
      .strictObject({
        manifestId,
        /** Over all content: the exact hash of what was handed out. */
        sha256,
        generatedAt: z.string(),
        schemaVersion: z.int(),
        epoch,
        position: z.int(),
        filters: z.strictObject({ locationId: z.string() }),
        tables: z.array(manifestTable.omit({ chunks: true })),
      })
      .nullable(),
  }),
  /** A device has said what became of a manifest (`sync.ack.<device>`). Counts and hashes are its own. */
  'sync.acknowledged': z.strictObject({
    ...device,
    manifestId,
    /** Over all content: the exact hash of what the device was to become. */
    manifestSha256: sha256,
    result: syncAck.shape.status,
    localCounts: tableCounts,
    localChecksums: tableChecksums,
    durationMs: syncAck.shape.durationMs,
    error: syncAck.shape.error,
    /** By the device's clock; when it arrived, where the device did not say. */
    completedAt: z.iso.datetime({ precision: 3 }),
    /** Of the ack as the device sent it: the same again is the same. */
    digest: sha256,
  }),
} as const

export type DeviceSyncEventName = keyof typeof deviceSyncEventData
export type DeviceSyncEvent = {
  [N in DeviceSyncEventName]: { readonly type: N; readonly data: z.infer<(typeof deviceSyncEventData)[N]> }
}[DeviceSyncEventName]

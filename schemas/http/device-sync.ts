import { z } from 'zod'
import { manifest, manifestId } from '../device-sync/manifest.ts'
import { DEVICE_SCHEMA_VERSION } from '../device-sync/device-tables.ts'
import { syncAck } from '../device-sync/messages.ts'
import { macAddress } from '../mac-address.ts'

/** `POST /api/device-sync/request`. */
export const deviceSyncBody = z.object({
  mac: macAddress.describe('Of the device whose API key this is'),
  manifestId: manifestId.optional().describe('What its database is; then only news are answered'),
  schemaVersion: z.int().min(1).default(DEVICE_SCHEMA_VERSION).describe('The newest that it can read'),
})

const signed = {
  freshness: z.string().describe('JWS: until when this may be taken for the newest'),
  signingKeys: z.string().describe('JWS by the root key: the keys that may sign'),
}

/** The manifest as HTTP tells it: `expiresAt`, which the freshness proves, is no part of what is signed. */
export const httpManifest = manifest.extend({ expiresAt: z.iso.datetime({ precision: 3 }) })

export const deviceSyncAnswer = z
  .discriminatedUnion('status', [
    z.object({
      status: z.literal('manifest'),
      manifest: httpManifest,
      ...signed,
      payload: z
        .record(z.string(), z.array(z.array(z.string().nullable())))
        .describe('By table its rows in order, each the texts of its columns in order, as the hashes cover them'),
    }),
    z.object({
      status: z.literal('unchanged'),
      manifestId,
      expiresAt: z.iso.datetime({ precision: 3 }),
      ...signed,
    }),
  ])
  .meta({ id: 'DeviceSyncAnswer' })

/** `POST /api/device-sync/ack`; a trace comes in the header. */
export const deviceAckBody = syncAck.omit({ traceparent: true })

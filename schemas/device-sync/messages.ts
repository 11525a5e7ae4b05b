import { z } from 'zod'
import { deviceId, manifest, manifestId, sha256 } from './manifest.ts'

/** Subjects between a device and central. The token is the device's own id, and its credential reaches no other's. */
export const deviceSubjects = {
  /** Request/reply: {@link syncRequest} → {@link syncAnswer}. */
  sync: (device: string) => `device.${device}.sync`,
  /** Request/reply: {@link fetchRequest} → bytes with {@link fetchHeaders}. */
  fetch: (device: string) => `device.${device}.fetch`,
  /** Request/reply: {@link syncAck} → {@link ackAnswer}. */
  ack: (device: string) => `device.${device}.ack`,
  /** To the device, {@link WAKE} and nothing else: something is new, ask. A hint that may be lost. */
  wake: (device: string) => `device.${device}.wake`,
  /** Prefix of the inboxes that its answers come to. With `wake` all that it may subscribe to. */
  inbox: (device: string) => `_INBOX_${device}`,
} as const

/**
 * All that a wake says. What says anything else is none: a device can have central's answers to itself sent to another
 * device's subjects (as the reply subject of its requests), and could so keep the whole fleet awake.
 */
export const WAKE = 'news'

/** `device.<id>.sync`: what a device has, and what it could read. */
export const syncRequest = z.strictObject({
  /** The manifest that its database is; left out by a new device. */
  manifestId: manifestId.optional(),
  /** The newest `schemaVersion` that it knows. */
  schemaVersion: z.int().min(1),
  /** W3C trace context: one trace from the request to the load. */
  traceparent: z.string().max(55).optional(),
})
export type SyncRequest = z.infer<typeof syncRequest>

const refused = z.strictObject({ status: z.literal('refused'), code: z.string(), message: z.string() })

const signed = {
  /** `freshness` of statements.ts, JWS. */
  freshness: z.string(),
  /** `signingKeys` of statements.ts, JWS. */
  signingKeys: z.string(),
}

export const syncAnswer = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('manifest'), manifest, ...signed }),
  /** The manifest that the device named is its newest still. */
  z.strictObject({ status: z.literal('unchanged'), manifestId, ...signed }),
  /**
   * `unknown_device`, `decommissioned`, `not_assigned`, `not_built`, `schema_version` (none that the device can read),
   * `invalid`; `busy` (asked too often, or central has no room or cannot read now): ask again, later.
   */
  refused,
])
export type SyncAnswer = z.infer<typeof syncAnswer>

/** At most this many bytes of an object in one answer. */
export const MAX_FETCH_BYTES = 512 * 1024

/** `device.<id>.fetch`: a piece of an object (as stored: zstd) that the device's manifest names. */
export const fetchRequest = z.strictObject({
  manifestId,
  sha256,
  offset: z.int().min(0),
  length: z.int().min(1).max(MAX_FETCH_BYTES),
})
export type FetchRequest = z.infer<typeof fetchRequest>

/** Headers of a fetch's answer. With `status` other than `ok` there are no bytes. */
export const fetchHeaders = {
  /** `ok`, `superseded` (another manifest took its place: sync again), `not_named` (no object of that manifest), `gone`, `invalid`, `busy` (as of a sync). */
  status: 'Pharos-Fetch-Status',
  /** Size of the whole object as stored. */
  totalBytes: 'Pharos-Total-Bytes',
  /** Tells one stored form of the object from another: pieces of two forms never fit together. */
  etag: 'Pharos-Object-Etag',
} as const

/** By table: what a device counted and hashed. */
export const tableCounts = z.record(z.string().max(63), z.int().min(0))
export const tableChecksums = z.record(z.string().max(63), sha256)

/** What one device says is kept for a year: no more of it than any set of tables needs. */
const MOST_TABLES = 64
const isFew = (byTable: object): boolean => Object.keys(byTable).length <= MOST_TABLES
const TOO_MANY = `must be of at most ${MOST_TABLES} tables`

/** `device.<id>.ack` and the body of `POST /api/device-sync/ack`. Counts and hashes are those that the device computed. */
export const syncAck = z.strictObject({
  manifestId,
  mac: z.string().max(64),
  status: z.enum(['Success', 'Failed']),
  localCounts: tableCounts.refine(isFew, TOO_MANY),
  localChecksums: tableChecksums.refine(isFew, TOO_MANY),
  durationMs: z.int().min(0),
  /** Why it failed; `null` of a success. */
  error: z.string().max(4096).nullable(),
  /** When the device finished, by its own clock. Tables know no year 0. */
  completedAt: z.iso
    .datetime({ precision: 3 })
    .refine((time) => time >= '1970', 'must not be before 1970')
    .optional(),
  traceparent: z.string().max(55).optional(),
})
export type SyncAck = z.infer<typeof syncAck>

export const ackAnswer = z.discriminatedUnion('status', [
  /** Kept. The same ack again answers this too. */
  z.strictObject({ status: z.literal('acknowledged') }),
  /** `unknown_device`, `decommissioned`, `foreign_manifest` (never handed to this device), `other_mac`, `invalid`, `busy`. */
  refused,
])
export type AckAnswer = z.infer<typeof ackAnswer>

/** What `pharos device provision` gives a device, beside its NATS credential: who it is and whom it may believe. */
export const deviceIdentity = z.strictObject({
  deviceId,
  mac: z.string(),
  natsUrl: z.string(),
  /** Raw Ed25519 public key of the root that signs `signingKeys`, base64url. */
  rootKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})
export type DeviceIdentity = z.infer<typeof deviceIdentity>

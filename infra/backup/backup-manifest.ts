import type { StreamConfig, StreamState } from '@nats-io/jetstream'
import { z } from 'zod'
import { epoch } from '../../schemas/position.ts'

/** The file that makes a directory a backup: written last, so one without it was never finished. */
export const MANIFEST_FILE = 'manifest.json'

const counts = z.object({
  messages: z.int().min(0),
  bytes: z.int().min(0),
  first_seq: z.int().min(0),
  last_seq: z.int().min(0),
})

/** The log among the streams: what is derived is not ahead of it, and it is cut at the end of a command. */
export const LOG = 'EVENTS'

/** One stream of a backup, in a file of its own. */
const backedUpStream = z.object({
  file: z.string().regex(/^[A-Za-z0-9_-]+\.snapshot$/),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  config: z.custom<StreamConfig>((value) => z.object({ name: z.string() }).safeParse(value).success),
  state: z.custom<StreamState>((value) => counts.safeParse(value).success),
})
export type BackedUpStream = Readonly<z.infer<typeof backedUpStream>>

/** What a backup holds, and how to tell that it is whole. */
export const backupManifest = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  /** The log's life and its last event in here; everything derived from events is not ahead of it. */
  epoch,
  sequence: z.int().min(0),
  /** In the order in which they were taken. */
  streams: z.array(backedUpStream).min(1),
})
export type BackupManifest = Readonly<z.infer<typeof backupManifest>>

import type { StreamConfig } from '@nats-io/jetstream'
import type { Config } from '../schemas/config.ts'
import { MAX_OBSERVATION_BYTES } from '../schemas/observation.ts'

/** A stream as Pharos wants it: everything about it that matters, but how many replicas, which the server decides. */
export type StreamSpec = Readonly<
  Pick<StreamConfig, 'name' | 'subjects' | 'description' | 'storage' | 'retention' | 'discard'> &
    Partial<Omit<StreamConfig, 'num_replicas' | 'metadata' | 'mirror' | 'sources'>> & {
      /** The stream carries an epoch (see `Position`), minted with it and kept by every update. */
      readonly epoch?: true
      /** Made from the log, which can make it again: a backup takes it before the log, so that it is never ahead. */
      readonly derived?: true
    }
>

const SECOND = 1_000_000_000
const DAY = 86_400 * SECOND

/** How much of `TELEMETRY` is kept, unless the configuration says something else: what the sink may be behind. */
export const TELEMETRY_LIMITS = { maxAgeHours: 7 * 24, maxBytes: 1024 ** 3 } as const

/** Kept for good: written once, never deleted or purged; a full disk refuses new messages and drops no old one. */
const LOG = { storage: 'file', retention: 'limits', discard: 'new', deny_delete: true, deny_purge: true } as const

/** A key-value bucket is a stream too; these are the settings that a KV client expects of it. */
function bucket(name: string, description: string, settings: Partial<StreamSpec> = {}): StreamSpec {
  return {
    name: `KV_${name}`,
    subjects: [`$KV.${name}.>`],
    description,
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    allow_direct: true,
    deny_delete: true,
    ...settings,
  }
}

/** So is an object bucket. What replaced objects were is collected; the space is given back by purges. */
function objects(name: string, description: string): StreamSpec {
  return {
    name: `OBJ_${name}`,
    subjects: [`$O.${name}.C.>`, `$O.${name}.M.>`],
    description,
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    allow_rollup_hdrs: true,
    allow_atomic: true,
    allow_direct: true,
    derived: true,
  }
}

/** All streams and buckets of Pharos: the topology on one screen. */
export const streams = [
  {
    name: 'EVENTS',
    // What stands at `guard.>` are the marks of guards: no events, and nobody reads them but for their last sequence.
    subjects: ['evt.>', 'guard.>'],
    description: 'The truth: every event of every aggregate',
    ...LOG,
    allow_atomic: true,
    allow_direct: true,
    duplicate_window: 30 * SECOND,
    epoch: true,
  },
  { name: 'AUDIT', subjects: ['audit.>'], description: 'Refused commands', ...LOG, allow_direct: true, epoch: true },
  {
    name: 'SYNC',
    subjects: ['sync.request.*', 'sync.ack.*'],
    description: 'What devices asked for and acknowledged: evidence',
    storage: 'file',
    retention: 'limits',
    discard: 'old',
    max_age: 400 * DAY,
    allow_direct: true,
    epoch: true,
  },
  {
    name: 'MANIFESTS',
    subjects: ['device.*.manifest'],
    description: 'What each device must be: its newest manifests',
    storage: 'file',
    retention: 'limits',
    discard: 'old',
    max_msgs_per_subject: 1,
    allow_direct: true,
    derived: true,
  },
  {
    name: 'TELEMETRY',
    subjects: ['telemetry.*.*'],
    description: 'Observations, until the sink has brought them into Postgres and rules have seen them',
    storage: 'file',
    retention: 'limits',
    discard: 'old',
    max_age: TELEMETRY_LIMITS.maxAgeHours * 3600 * SECOND,
    max_bytes: TELEMETRY_LIMITS.maxBytes,
    max_msg_size: MAX_OBSERVATION_BYTES,
    allow_direct: true,
    // Its own duplicates are found by what they say, in Postgres: a window would cost memory for every message.
    duplicate_window: SECOND,
    epoch: true,
  },
  {
    name: 'PARKED',
    subjects: ['parked.>'],
    description: 'What projectors hold back, and what was done about it: the newest notice of each parked event',
    storage: 'file',
    retention: 'limits',
    discard: 'old',
    max_msgs_per_subject: 1,
    allow_direct: true,
    derived: true,
  },
  // Not derived, and read from the leader only: a key that is not seen would read as erased. A key is erased by a newer
  // message, after which what stood before is overwritten; until then it must not be dropped without that.
  bucket('keys', 'Sheets of keys of people, wrapped with the master key; and who was erased', {
    max_msgs_per_subject: 8,
    allow_direct: false,
    deny_delete: false,
  }),
  // Atomic, so that the pointers of one change move as one.
  bucket('schema', 'The current alias index of each scope', { allow_atomic: true, derived: true }),
  objects('alias-index', 'Alias index: versions of each scope'),
  objects('payloads', 'Chunks of the tables of devices'),
] as const satisfies readonly StreamSpec[]

/** The topology with the limits that the configuration sets. */
export function streamsFor({
  TELEMETRY_MAX_AGE_HOURS: hours,
  TELEMETRY_MAX_BYTES: max_bytes,
}: Pick<Config, 'TELEMETRY_MAX_AGE_HOURS' | 'TELEMETRY_MAX_BYTES'>): readonly StreamSpec[] {
  return streams.map((spec) =>
    spec.name === 'TELEMETRY' ? { ...spec, max_age: hours * 3600 * SECOND, max_bytes } : spec,
  )
}

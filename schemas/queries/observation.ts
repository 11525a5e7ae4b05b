import { z } from 'zod'
import { instant } from '../alias.ts'
import { channelId } from '../ids.ts'

/** What clients keep of the channel that an observation is of. */
const stream = z.object({
  /** `id` of the channel: the client's `server_stream_id`. */
  id: z.int(),
  name: z.string(),
  secondary: z.string().nullable(),
  meta: z.string().nullable(),
  description: z.string().nullable(),
})

/** An observation as clients fetch it, with the channel that it is of. */
export const observationView = z
  .object({
    id: z.int(),
    /** Decimal digits as they were sent. */
    value: z.string(),
    /** Seconds since 1970. */
    observed_at: z.string(),
    hash: z.string().nullable(),
    stream_id: z.int(),
    stream,
    /** The same moment in UTC, without an offset. */
    ts: z.string(),
  })
  .meta({ id: 'Observation' })
export type ObservationView = z.infer<typeof observationView>

export const AGGREGATES = ['avg', 'min', 'max', 'sum', 'count', 'first', 'last'] as const
export type Aggregate = (typeof AGGREGATES)[number]

/** Most buckets of one series. */
const MAX_BUCKETS = 5000
const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const

/** Length of a bucket, such as `15m`. */
export const bucket = z.string().regex(/^[1-9]\d{0,4}[smhdw]$/, 'must be a number and a unit out of s, m, h, d, w: 15m')

/** Seconds of a bucket's text. */
export function bucketSeconds(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_SECONDS[text.at(-1) as keyof typeof UNIT_SECONDS]
}

const range = {
  /** At or after this time. */
  from: instant.optional(),
  /** Before this time. */
  to: instant.optional(),
}

/** Query data by query type. */
export const observationQueryData = {
  /** The newest one, or the newest before `before`. */
  'observation.get': z.strictObject({ channelId, before: instant.optional() }),
  /** In order of arrival, which no late one escapes (`order: arrival`), or of time. */
  'observation.list': z.strictObject({
    channelId,
    ...range,
    order: z.enum(['oldest', 'newest', 'arrival']).default('oldest'),
    /** As the page before gave it; opaque. */
    cursor: z.string().min(1).max(2048).optional(),
    limit: z.int().min(1).max(1000).default(100),
  }),
  'observation.series': z
    .strictObject({
      channelId,
      from: instant,
      to: instant,
      bucket,
      aggregate: z.enum(AGGREGATES, `must be one of ${AGGREGATES.join(', ')}`).default('avg'),
    })
    .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be later than from' })
    .refine(
      ({ from, to, bucket: text }) => (Date.parse(to) - Date.parse(from)) / 1000 / bucketSeconds(text) <= MAX_BUCKETS,
      {
        path: ['bucket'],
        message: `is too short for this range: at most ${MAX_BUCKETS} buckets are answered`,
      },
    ),
} as const

/** What a query answers, by query type. */
export const observationQueryAnswer = {
  'observation.get': observationView,
  'observation.list': z.object({
    observations: z.array(observationView),
    /** For the next page; `null` where there is none. In order of arrival always one: what comes later is after it. */
    nextCursor: z.string().nullable(),
  }),
  'observation.series': z.object({
    channelId,
    bucket,
    aggregate: z.enum(AGGREGATES),
    /** Buckets in which something was observed, in order. */
    points: z.array(
      z.object({
        /** When the bucket begins. */
        at: z.string(),
        value: z.string(),
        /** How many observations are in it. */
        count: z.int(),
      }),
    ),
  }),
} as const

export type ObservationRange = z.infer<(typeof observationQueryData)['observation.list']>
export type ObservationPage = z.infer<(typeof observationQueryAnswer)['observation.list']>
export type SeriesOf = z.infer<(typeof observationQueryData)['observation.series']>
export type Series = z.infer<(typeof observationQueryAnswer)['observation.series']>

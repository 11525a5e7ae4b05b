import { z } from 'zod'
import { instant } from '../alias.ts'
import { fleetId } from '../fleet.ts'
import { channelId } from '../ids.ts'
import { observationInput } from '../observation.ts'
import { AGGREGATES, bucket } from '../queries/observation.ts'

/** The device of observations that come over HTTP for a channel that is bound to none. */
export const API_DEVICE = 'api'
/** Most problems that a report names; it counts all. */
export const MAX_PROBLEMS = 100

/** `POST /api/v1/observation`: one, or one per line of NDJSON. */
export const observationBody = observationInput.extend({
  stream: channelId.describe('UUID of the channel'),
  device: fleetId.optional().describe('Left out: that of the credential, else that of the channel'),
})

/** What became of observations that were sent. */
export const ingestReport = z
  .object({
    accepted: z.int(),
    refused: z.int(),
    problems: z
      .array(z.object({ line: z.int(), code: z.string(), field: z.string(), message: z.string() }))
      .describe(`The first ${MAX_PROBLEMS}`),
    /** Wait for it with `Pharos-Min-Position` to read what was sent; `null` if nothing was accepted. */
    position: z.string().nullable(),
  })
  .meta({ id: 'IngestReport' })
export type IngestReport = z.infer<typeof ingestReport>

const limit = (most: number) =>
  z.coerce.number(`must be a whole number from 1 to ${most}`).int().min(1).max(most).default(100)
const flag = z.enum(['true', 'false'], 'must be true or false').default('false')

/** Filters of `GET /api/channels`. */
export const channelListQuery = z.strictObject({
  name: z.string().min(1).max(255).optional().describe('Of exactly this name'),
  search: z.string().min(1).max(200).optional().describe('Words, or how words begin'),
  device: fleetId.optional(),
  retired: flag.describe('Those that are retired, too'),
  cursor: z.string().optional(),
  limit: limit(500),
})

export const observationGetQuery = z.strictObject({
  stream: channelId.describe('UUID of the channel'),
  before: instant.optional().describe('The newest before this time'),
})

export const observationListQuery = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  order: z.enum(['oldest', 'newest', 'arrival']).default('oldest'),
  cursor: z.string().optional(),
  limit: limit(1000),
})

export const seriesQuery = z.strictObject({
  from: instant,
  to: instant,
  bucket,
  aggregate: z.enum(AGGREGATES).default('avg'),
})

import { z } from 'zod'
import { channelName } from '../channel.ts'
import { fleetId } from '../fleet.ts'
import { channelId } from '../ids.ts'

/** A channel as the catalogue has it. */
export const channelView = z
  .object({
    /** Position of the event that registered it: the integer id that clients keep as `server_stream_id`. */
    id: z.int(),
    uuid: channelId,
    name: z.string(),
    secondary: z.string().nullable(),
    meta: z.string().nullable(),
    description: z.string().nullable(),
    author: z.string(),
    target: z.string().nullable(),
    unit: z.string().nullable(),
    device: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
    retiredAt: z.string().nullable(),
    /** What `expectedRevision` and `If-Match` are compared with. */
    revision: z.int(),
  })
  .meta({ id: 'Channel' })
export type ChannelView = z.infer<typeof channelView>

/** Which channels: all that is given must hold. */
export const channelFilter = z.strictObject({
  /** Of exactly this name; several may have it. */
  name: channelName.optional(),
  /** Words; each must begin a word of the name, the secondary name, description, target, unit or device. */
  search: z.string().min(1).max(200).optional(),
  device: fleetId.optional(),
  /** Those that are retired, too. */
  retired: z.boolean().default(false),
})
export type ChannelFilter = z.infer<typeof channelFilter>

/** Query data by query type. */
export const channelQueryData = {
  'channel.get': z.strictObject({ channelId }),
  /** In order of name, then of age. */
  'channel.list': channelFilter.extend({
    /** As the page before gave it; opaque. */
    cursor: z.string().min(1).max(2048).optional(),
    limit: z.int().min(1).max(500).default(100),
  }),
} as const

/** What a query answers, by query type. A page may have fewer channels than its limit, if they are large. */
export const channelQueryAnswer = {
  'channel.get': channelView,
  'channel.list': z.object({ channels: z.array(channelView), nextCursor: z.string().nullable() }),
} as const

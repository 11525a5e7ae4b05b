import { z } from 'zod'
import { channelId } from '../ids.ts'

const text = z.string()

/** What `channel.described` may change. */
const description = {
  name: text,
  secondary: text.nullable(),
  meta: text.nullable(),
  description: text.nullable(),
  target: text.nullable(),
  unit: text.nullable(),
  device: text.nullable(),
}

/** Event data by event name, in its newest version; `upcasters.ts` says which that is. */
export const channelEventData = {
  'channel.registered': z.strictObject({ channelId, ...description, author: text }),
  /** Only what has changed. */
  'channel.described': z.strictObject({ channelId, changes: z.strictObject(description).partial() }),
  'channel.retired': z.strictObject({ channelId }),
} as const

export type ChannelEventName = keyof typeof channelEventData
export type ChannelEvent = {
  [N in ChannelEventName]: { readonly type: N; readonly data: z.infer<(typeof channelEventData)[N]> }
}[ChannelEventName]

import { z } from 'zod'
import { channelAuthor, channelDetails, channelName } from '../channel.ts'
import { channelId } from '../ids.ts'

const { secondary, meta, description, target, unit, device } = channelDetails

/** Command data by command type. */
export const channelCommandData = {
  /** A UUID is used once: a retired channel never comes back as another. */
  'channel.register': z.strictObject({
    channelId,
    name: channelName,
    secondary: secondary.nullable().default(null),
    meta: meta.nullable().default(null),
    description: description.nullable().default(null),
    /** Defaults to the actor. */
    author: channelAuthor.optional(),
    target: target.nullable().default(null),
    unit: unit.nullable().default(null),
    device: device.nullable().default(null),
  }),
  /** What is left out stays; `null` clears it. */
  'channel.describe': z.strictObject({
    channelId,
    name: channelName.optional(),
    secondary: secondary.nullable().optional(),
    meta: meta.nullable().optional(),
    description: description.nullable().optional(),
    target: target.nullable().optional(),
    unit: unit.nullable().optional(),
    device: device.nullable().optional(),
  }),
  /** No observation is taken from here on; those that there are stay. */
  'channel.retire': z.strictObject({ channelId }),
} as const

export type ChannelCommandType = keyof typeof channelCommandData
export type ChannelCommand = {
  [T in ChannelCommandType]: { readonly type: T; readonly data: z.infer<(typeof channelCommandData)[T]> }
}[ChannelCommandType]

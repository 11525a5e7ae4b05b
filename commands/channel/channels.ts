import { type ChannelState, channel } from '../../domain/channel/channel.ts'
import { channelSubject } from '../../domain/channel/channel-subject.ts'
import { type ChannelCommand, channelCommandData } from '../../schemas/commands/channel.ts'
import type { ChannelEvent } from '../../schemas/events/channel.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { readChannelEvent } from '../../schemas/events/read-channel-event.ts'
import type { ChannelId } from '../../schemas/ids.ts'
import type { AggregateSubject } from '../../schemas/subjects.ts'
import type { Permission } from '../access-policy.ts'
import type { AggregateDefinition } from '../command-handler.ts'

/** Channels: one aggregate per UUID, `evt.channel.<uuid>`. */
export const channels: AggregateDefinition<ChannelState, ChannelCommand, ChannelEvent> = {
  decider: channel,
  commands: {
    'channel.register': { data: channelCommandData['channel.register'], aggregates, permission },
    'channel.describe': { data: channelCommandData['channel.describe'], aggregates, permission },
    'channel.retire': { data: channelCommandData['channel.retire'], aggregates, permission },
  },
  readEvent: readChannelEvent,
  versionOf: currentVersion,
}

function aggregates(data: { channelId: ChannelId }): readonly AggregateSubject[] {
  return [channelSubject(data.channelId)]
}

function permission(): Permission {
  return { action: 'write', on: 'channel' }
}

import type { ChannelId } from '../../schemas/ids.ts'
import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'

/** The subject that holds the whole life of one channel. */
export function channelSubject(channelId: ChannelId): AggregateSubject {
  return aggregateSubject('channel', channelId)
}

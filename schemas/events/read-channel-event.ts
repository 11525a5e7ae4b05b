import type { Envelope } from '../envelope.ts'
import { type ChannelEvent, channelEventData } from './channel.ts'
import { UnknownEventError } from './unknown-event.ts'
import { upcast } from './upcast.ts'

/**
 * The channel event in an envelope, upcast to the version that the rules know and checked against its schema.
 * @throws UnknownEventError when its name or version is newer than this code; z.ZodError when its data is not what its type says.
 */
export function readChannelEvent(envelope: Pick<Envelope, 'type' | 'data'>): ChannelEvent {
  const { name, data } = upcast(envelope)
  switch (name) {
    case 'channel.registered':
      return { type: name, data: channelEventData[name].parse(data) }
    case 'channel.described':
      return { type: name, data: channelEventData[name].parse(data) }
    case 'channel.retired':
      return { type: name, data: channelEventData[name].parse(data) }
    default:
      throw new UnknownEventError(envelope.type)
  }
}

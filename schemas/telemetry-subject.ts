import { type ChannelId, channelId } from './ids.ts'

const CHANNEL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** What devices publish observations of a channel on. `device` must be one token (see `fleetId`). */
export function telemetrySubject(device: string, channel: ChannelId): string {
  return `telemetry.${device}.${channel}`
}

/** The device and the channel that a subject names; without `channelId` where its last token is no UUID. */
export function parseTelemetrySubject(subject: string): {
  readonly device: string
  readonly channel: string
  readonly channelId?: ChannelId
} {
  const [, device = '', channel = ''] = subject.split('.', 3)
  if (CHANNEL.test(channel)) return { device, channel, channelId: channel as ChannelId }
  const read = channelId.safeParse(channel)
  return read.success ? { device, channel: read.data, channelId: read.data } : { device, channel }
}

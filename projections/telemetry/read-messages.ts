import { refusedChannel } from '../../domain/channel/known-channel.ts'
import { readObservations } from '../../schemas/read-observations.ts'
import type { ChannelId } from '../../schemas/ids.ts'
import { parseTelemetrySubject } from '../../schemas/telemetry-subject.ts'
import type { ChannelDirectory } from './channel-directory.ts'
import type { ObservationRow } from './observation-row.ts'
import type { TelemetryMessage } from './telemetry-log.ts'

/** Observations that are not taken, of one device for one reason: how many, and the last of them. */
export interface RefusedObservations {
  readonly device: string
  readonly code: string
  readonly channel: string
  readonly field: string
  readonly message: string
  readonly count: number
}

export interface ReadMessages {
  readonly rows: readonly ObservationRow[]
  readonly refused: readonly RefusedObservations[]
}

export interface ObservationRules {
  readonly directory: ChannelDirectory
  /** How far an observation may lie after the moment that the stream took it, in milliseconds. */
  readonly maxAheadMs: number
  /** What lies before it (milliseconds since 1970) is too old to be kept. */
  readonly earliestMs: number
}

const utf8 = new TextDecoder()

/** Rows of the observations that are good, and a count of the others by what is wrong. @throws while channels cannot be asked for. */
export async function readMessages(
  messages: readonly TelemetryMessage[],
  { directory, maxAheadMs, earliestMs }: ObservationRules,
): Promise<ReadMessages> {
  const refused = new Map<string, RefusedObservations>()
  const refuse = (device: string, channel: string, code: string, field: string, message: string, count = 1): void => {
    const key = `${device} ${code}`
    refused.set(key, { device, channel, code, field, message, count: count + (refused.get(key)?.count ?? 0) })
  }
  const wanted = new Map<ChannelId, string>()
  const addressed = messages.map((message) => {
    const address = parseTelemetrySubject(message.subject)
    if (address.channelId !== undefined && !wanted.has(address.channelId)) wanted.set(address.channelId, address.device)
    return { message, ...address }
  })
  const known = await directory.find(wanted)
  const rows: ObservationRow[] = []
  for (const { message, device, channel, channelId } of addressed) {
    const fault =
      channelId === undefined
        ? { code: 'bad_channel', message: 'must be the UUID of a channel' }
        : refusedChannel(known.get(channelId), device)
    for (const read of readObservations(utf8.decode(message.data), message.takenAtMs + maxAheadMs)) {
      if (fault !== undefined) refuse(device, channel, fault.code, 'channel', fault.message)
      else if ('fault' in read) refuse(device, channel, read.fault.code, read.fault.field, read.fault.message)
      else if (read.observation.atMs < earliestMs)
        refuse(device, channel, 'too_old', 'observed_at', `must not be before ${new Date(earliestMs).toISOString()}`)
      else rows.push({ ...read.observation, channelId: channel, device })
    }
  }
  return { rows, refused: [...refused.values()] }
}

import { fleetId } from '../../schemas/fleet.ts'
import { type ChannelId, channelId } from '../../schemas/ids.ts'
import type { Observation } from '../../schemas/observation.ts'
import { readObservation } from '../../schemas/read-observations.ts'
import type { Violation } from '../../schemas/command.ts'

/** One observation as it came: what `parseExactly` made of it, and where it stood. */
export interface ArrivedObservation {
  readonly line: number
  readonly json: unknown
  /** What is wrong with the line as a whole. */
  readonly fault?: string
}

/** An observation that names its channel, and perhaps its device. */
export interface SentObservation {
  readonly line: number
  readonly channelId: ChannelId
  readonly device: string | undefined
  readonly observation: Observation
}

/** Reads `{stream, device?, value, observed_at, …}`: an observation beside the UUID of its channel. */
export function readSentObservation(
  { line, json, fault }: ArrivedObservation,
  latestMs: number,
): SentObservation | Violation {
  if (fault !== undefined) return { field: 'body', message: fault }
  if (json === undefined) return { field: 'body', message: 'must be JSON' }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { field: 'body', message: 'must be an object with stream, value and observed_at' }
  const { stream, device, ...rest } = json as Readonly<Record<string, unknown>>
  const channel = channelId.safeParse(stream)
  if (!channel.success) return { field: 'stream', message: 'must be the UUID of a channel' }
  if (device !== undefined && !fleetId.safeParse(device).success)
    return { field: 'device', message: 'must be 1 to 64 letters, digits, hyphens or underscores' }
  const read = readObservation(rest, latestMs)
  if ('fault' in read) return { field: read.fault.field, message: read.fault.message }
  return { line, channelId: channel.data, device: device as string | undefined, observation: read.observation }
}

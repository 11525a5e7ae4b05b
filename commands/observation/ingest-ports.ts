import type { KnownChannel } from '../../domain/channel/known-channel.ts'
import type { ChannelId } from '../../schemas/ids.ts'
import type { AccessPolicy } from '../access-policy.ts'

/** What taking observations needs. */
export interface IngestPorts {
  readonly directory: {
    /** Those of the channels that there are; of each the device that observes it. */
    find(wanted: ReadonlyMap<ChannelId, string>): Promise<ReadonlyMap<ChannelId, KnownChannel>>
  }
  readonly stream: {
    /** Resolves with the position's sequence when the message is stored. @throws when that is not known. */
    publish(subject: string, body: string): Promise<number>
    /** The life of the stream. */
    epoch(): Promise<string>
  }
  readonly policy: AccessPolicy
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How far ahead of the clock an observation may be, in milliseconds. */
  readonly maxAheadMs: number
}

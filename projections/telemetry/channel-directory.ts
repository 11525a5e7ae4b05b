import type { KnownChannel } from '../../domain/channel/known-channel.ts'
import type { ChannelId } from '../../schemas/ids.ts'

/** Knows the channels, by the log's own account, not by that of a table which may be behind it. */
export interface ChannelDirectory {
  /**
   * Those of the channels that there are. What becomes of unknown ones is this installation's policy: they are left out,
   * or registered here for the device that observed them first, and answered.
   * @throws while the log cannot be asked.
   */
  find(wanted: ReadonlyMap<ChannelId, string>): Promise<ReadonlyMap<ChannelId, KnownChannel>>
}

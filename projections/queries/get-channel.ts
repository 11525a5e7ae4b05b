import type { ChannelId } from '../../schemas/ids.ts'
import type { ChannelView } from '../../schemas/queries/channel.ts'
import { CHANNEL_COLUMNS, type ChannelRow, channelView } from '../channel-row.ts'
import type { Read } from './read.ts'

/** The channel of this UUID, retired or not. */
export async function getChannel(
  read: Read,
  query: { readonly channelId: ChannelId },
): Promise<ChannelView | undefined> {
  const rows = await read<ChannelRow>(
    'get channel',
    `select ${CHANNEL_COLUMNS} from pharos.channels where uuid = $1::uuid`,
    [query.channelId],
  )
  return rows[0] && channelView(rows[0])
}

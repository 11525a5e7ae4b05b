import { channelId } from '../../../../schemas/ids.ts'
import type { ChannelView } from '../../../../schemas/queries/channel.ts'
import type { Pharos } from '../../../client/index.ts'
import { Failure } from '../../failure.ts'
import { ask } from './ask.ts'

/** The channel of this UUID, or the only one of this name. @throws Failure that says which there are. */
export async function findChannel(client: Pharos, text: string): Promise<ChannelView> {
  const uuid = channelId.safeParse(text)
  if (uuid.success) return ask(client, 'channel.get', { channelId: uuid.data })
  const { channels } = await ask(client, 'channel.list', { name: text, limit: 10 })
  const [only] = channels
  if (only === undefined) throw new Failure(`no channel is called "${text}"`)
  if (channels.length === 1) return only
  const those = channels.map(({ uuid: of, secondary }) => `  ${of}  ${secondary ?? ''}`)
  throw new Failure([`several channels are called "${text}": name one by its UUID`, ...those].join('\n'))
}

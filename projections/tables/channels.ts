import { channel } from '../../domain/channel/channel.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { channelEventData } from '../../schemas/events/channel.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import { readChannelEvent } from '../../schemas/events/read-channel-event.ts'
import type { ChannelId } from '../../schemas/ids.ts'
import { CHANNEL_COLUMNS, type ChannelRow } from '../channel-row.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'
import { CHANNELS, COMPLETE_CHANNELS, CREATE_CHANNELS } from './channel-tables.ts'

/** The catalogue: what is known of each channel. */
export const channels: Projector = {
  name: 'channels',
  version: 1,
  subjects: ['evt.channel.>'],
  eventVersions: currentVersions(Object.keys(channelEventData)),
  tables: CREATE_CHANNELS,
  completion: COMPLETE_CHANNELS,
  views: {
    channels: `
      select id, uuid, name, secondary, meta, description, author, target, unit, device, created_at, updated_at,
        retired_at, revision
      from channels`,
  },
  apply,
}

/** However many events a channel has in the batch, its row is read and written once. */
async function apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  const changes = batch.map((recorded) => ({ recorded, event: readChannelEvent(recorded.envelope) }))
  const born = new Set<ChannelId>()
  const standing = new Set<ChannelId>()
  for (const { event } of changes) {
    const { channelId } = event.data
    if (event.type === 'channel.registered') born.add(channelId)
    else if (!born.has(channelId)) standing.add(channelId)
  }
  const rows = await loadRows(transaction, [...standing])
  for (const { event, recorded } of changes) {
    const { channelId } = event.data
    rows.set(channelId, evolveRow(rows.get(channelId), event, recorded))
  }
  await transaction.query('delete from channels where uuid = any($1::uuid[])', [[...standing]])
  await transaction.insert(CHANNELS, [...rows.values()])
}

async function loadRows(
  transaction: ProjectionTransaction,
  ids: readonly ChannelId[],
): Promise<Map<ChannelId, ChannelRow>> {
  if (ids.length === 0) return new Map()
  const rows = await transaction.query<ChannelRow>(
    `select ${CHANNEL_COLUMNS} from channels where uuid = any($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.uuid, row]))
}

/** The rules say what becomes of a channel; a row adds where and when. */
function evolveRow(
  row: ChannelRow | undefined,
  event: ReturnType<typeof readChannelEvent>,
  { sequence, envelope: { time, actor } }: RecordedEvent,
): ChannelRow {
  const before =
    row === undefined ? channel.initialState : ({ status: 'registered', ...row, channelId: row.uuid } as const)
  const state = channel.evolve(before, event, { sequence, time, actor })
  if (state.status === 'none') throw new RangeError('a channel does not become none')
  const { status: _, channelId, ...said } = state
  return {
    ...said,
    id: row?.id ?? String(sequence),
    uuid: channelId,
    created_at: row?.created_at ?? time,
    updated_at: time,
    retired_at: event.type === 'channel.retired' ? time : (row?.retired_at ?? null),
    revision: String(sequence),
  }
}

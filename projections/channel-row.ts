import type { ChannelId } from '../schemas/ids.ts'
import type { ChannelView } from '../schemas/queries/channel.ts'
import { isoTime } from './alias-row.ts'

/** One row of `channels` as {@link CHANNEL_COLUMNS} selects it: times and numbers as text. */
export interface ChannelRow {
  readonly [column: string]: string | null
  readonly id: string
  readonly uuid: ChannelId
  readonly name: string
  readonly secondary: string | null
  readonly meta: string | null
  readonly description: string | null
  readonly author: string
  readonly target: string | null
  readonly unit: string | null
  readonly device: string | null
  readonly created_at: string
  readonly updated_at: string
  readonly retired_at: string | null
  readonly revision: string
}

/** Select list over a table or view called `channels`. */
export const CHANNEL_COLUMNS = `
  channels.id, channels.uuid, channels.name, channels.secondary, channels.meta, channels.description, channels.author,
  channels.target, channels.unit, channels.device, ${isoTime('channels.created_at')} as created_at,
  ${isoTime('channels.updated_at')} as updated_at, ${isoTime('channels.retired_at')} as retired_at, channels.revision`

export function channelView(row: ChannelRow): ChannelView {
  const { uuid, name, secondary, meta, description, author, target, unit, device } = row
  return {
    id: Number(row.id),
    uuid,
    name,
    secondary,
    meta,
    description,
    author,
    target,
    unit,
    device,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    retiredAt: row.retired_at,
    revision: Number(row.revision),
  }
}

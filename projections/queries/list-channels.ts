import type { ChannelFilter, ChannelView } from '../../schemas/queries/channel.ts'
import { CHANNEL_COLUMNS, type ChannelRow, channelView } from '../channel-row.ts'
import { CHANNEL_WORDS } from '../tables/channel-tables.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'

/** A page ends when it is so large, in characters of descriptions and meta: it must fit into one message. */
const PAGE_SIZE = 400_000

/**
 * A page of channels in order of name and age. Pages go on after the last row seen, so what is written meanwhile makes
 * no row appear twice or be left out. @throws RangeError when the cursor is not one of this list's.
 */
export async function listChannels(
  read: Read,
  filter: ChannelFilter & { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ readonly channels: readonly ChannelView[]; readonly nextCursor: string | null }> {
  const values: unknown[] = []
  const value = (of: unknown): string => `$${values.push(of)}`
  const conditions = filter.retired ? ['true'] : ['retired_at is null']
  if (filter.name !== undefined) conditions.push(`name = ${value(filter.name)}`)
  if (filter.device !== undefined) conditions.push(`device = ${value(filter.device)}`)
  if (filter.search !== undefined)
    conditions.push(`${CHANNEL_WORDS} @@ to_tsquery('simple', ${value(beginnings(filter.search))})`)
  if (filter.cursor !== undefined) {
    const [name, id] = readCursor(filter.cursor, 2)
    if (!/^\d{1,16}$/.test(id ?? '')) throw new RangeError('not a cursor of this list')
    conditions.push(`(name, id) > (${value(name)}, ${value(id)}::bigint)`)
  }
  const rows = await read<ChannelRow>(
    undefined,
    `select ${CHANNEL_COLUMNS}
     from pharos.channels
     where ${conditions.join('\n       and ')}
     order by name, id
     limit ${value(filter.limit + 1)}::int`,
    values,
  )
  const page = rows.slice(0, fitting(rows.slice(0, filter.limit)))
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { channels: page.map(channelView), nextCursor: last ? writeCursor([last.name, last.id]) : null }
}

/** Each word of the text as "begins so". Only letters and digits get through: nothing here is syntax of a query. */
function beginnings(search: string): string {
  return (search.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => `${word}:*`).join(' & ')
}

/** How many of the rows fit into a page; one at least. */
function fitting(rows: readonly ChannelRow[]): number {
  let size = 0
  const beyond = rows.findIndex((row) => (size += (row.meta?.length ?? 0) + (row.description?.length ?? 0)) > PAGE_SIZE)
  return beyond === -1 ? rows.length : Math.max(1, beyond)
}

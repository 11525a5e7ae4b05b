import type { ObservationPage, ObservationRange } from '../../schemas/queries/observation.ts'
import { getChannel } from './get-channel.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { OBSERVATION_COLUMNS, type ObservationRow, observationView } from './observation-row.ts'
import type { Read } from './read.ts'

/**
 * A page of a channel's observations, by time or in order of arrival. Pages go on after the last row seen, so what comes
 * meanwhile makes none appear twice or be left out; by time, what comes late for a page that was read is not in it.
 * `undefined` if there is no such channel. @throws RangeError when the cursor is not one of this list's.
 */
export async function listObservations(read: Read, query: ObservationRange): Promise<ObservationPage | undefined> {
  const { channelId, from, to, order, cursor, limit } = query
  const values: unknown[] = []
  const value = (of: unknown): string => `$${values.push(of)}`
  const conditions = [`telemetry.channel_id = ${value(channelId)}::uuid`]
  if (from !== undefined) conditions.push(`telemetry.ts >= ${value(from)}::timestamptz`)
  if (to !== undefined) conditions.push(`telemetry.ts < ${value(to)}::timestamptz`)
  if (cursor !== undefined) conditions.push(after(cursor, order, value))
  const by = {
    oldest: 'telemetry.ts, telemetry.id',
    newest: 'telemetry.ts desc, telemetry.id desc',
    arrival: 'telemetry.id',
  }
  const rows = await read<ObservationRow>(
    undefined,
    `select ${OBSERVATION_COLUMNS}
     from pharos.telemetry
     join pharos.channels on channels.uuid = telemetry.channel_id
     where ${conditions.join('\n       and ')}
     order by ${by[order]}
     limit ${value(limit + 1)}::int`,
    values,
  )
  // What was observed is of a channel: only where nothing was it may be that there is none.
  if (rows.length === 0 && (await getChannel(read, { channelId })) === undefined) return undefined
  const page = rows.slice(0, limit)
  return { observations: page.map(observationView), nextCursor: next(page, rows.length > limit, query) }
}

function after(cursor: string, order: ObservationRange['order'], value: (of: unknown) => string): string {
  if (order === 'arrival') {
    const [id] = readCursor(cursor, 1)
    if (!/^\d{1,16}$/.test(id ?? '')) throw new RangeError('not a cursor of this list')
    return `telemetry.id > ${value(id)}::bigint`
  }
  const [ts, id] = readCursor(cursor, 2)
  if (!/^[-\d: .+]{1,40}$/.test(ts ?? '') || !/^\d{1,16}$/.test(id ?? ''))
    throw new RangeError('not a cursor of this list')
  const beyond = order === 'oldest' ? '>' : '<'
  return `(telemetry.ts, telemetry.id) ${beyond} (${value(ts)}::timestamptz, ${value(id)}::bigint)`
}

function next(page: readonly ObservationRow[], isMore: boolean, { order, cursor }: ObservationRange): string | null {
  const last = page.at(-1)
  if (order === 'arrival') return last === undefined ? (cursor ?? writeCursor(['0'])) : writeCursor([last.id])
  return isMore && last !== undefined ? writeCursor([last.exact_ts, last.id]) : null
}

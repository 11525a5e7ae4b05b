import { type Aggregate, bucketSeconds, type Series, type SeriesOf } from '../../schemas/queries/observation.ts'
import { isoTime } from '../alias-row.ts'
import { getChannel } from './get-channel.ts'
import type { Read } from './read.ts'

/** All in `numeric`: no double comes near a value. */
const SQL: Readonly<Record<Aggregate, string>> = {
  avg: 'trim_scale(avg(value))::text',
  min: 'min(value)::text',
  max: 'max(value)::text',
  sum: 'sum(value)::text',
  count: 'count(*)::text',
  first: '(array_agg(value order by ts, id))[1]::text',
  last: '(array_agg(value order by ts desc, id desc))[1]::text',
}

/** A channel's observations of a time, one value for each bucket that has any; `undefined` if there is no such channel. */
export async function observationSeries(read: Read, query: SeriesOf): Promise<Series | undefined> {
  const { channelId, from, to, bucket, aggregate } = query
  const rows = await read<{ at: string; value: string; count: string }>(
    `series of ${aggregate}`,
    `select ${isoTime('bucket')} as at, ${SQL[aggregate]} as value, count(*) as count
     from (
       -- Buckets are counted from 1970 on, so that the same moment is in the same bucket whatever is asked for.
       select date_bin($4::float8 * interval '1 second', ts, '1970-01-01Z') as bucket, value, ts, id
       from pharos.telemetry
       where channel_id = $1::uuid and ts >= $2::timestamptz and ts < $3::timestamptz
     ) as observations
     group by bucket
     order by bucket`,
    [channelId, from, to, bucketSeconds(bucket)],
  )
  // What was observed is of a channel: only where nothing was it may be that there is none.
  if (rows.length === 0 && (await getChannel(read, { channelId })) === undefined) return undefined
  return {
    channelId,
    bucket,
    aggregate,
    points: rows.map(({ at, value, count }) => ({ at, value, count: Number(count) })),
  }
}

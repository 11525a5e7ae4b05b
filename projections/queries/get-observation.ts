import type { ChannelId } from '../../schemas/ids.ts'
import type { ObservationView } from '../../schemas/queries/observation.ts'
import { OBSERVATION_COLUMNS, type ObservationRow, observationView } from './observation-row.ts'
import type { Read } from './read.ts'

/** A channel's newest observation, or its newest before a time; `undefined` if there is none. */
export async function getObservation(
  read: Read,
  query: { readonly channelId: ChannelId; readonly before?: string | undefined },
): Promise<ObservationView | undefined> {
  const rows = await read<ObservationRow>(
    'get observation',
    `select ${OBSERVATION_COLUMNS}
     from pharos.telemetry
     join pharos.channels on channels.uuid = telemetry.channel_id
     where telemetry.channel_id = $1::uuid and telemetry.ts < coalesce($2::timestamptz, 'infinity')
     order by telemetry.ts desc, telemetry.id desc
     limit 1`,
    [query.channelId, query.before ?? null],
  )
  return rows[0] && observationView(rows[0])
}

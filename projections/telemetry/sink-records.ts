import type { ClientBase } from 'pg'
import type { Position } from '../../schemas/position.ts'
import { storableText } from '../storable-text.ts'
import type { RefusedObservations } from './read-messages.ts'

/** Positions of the stream, both inclusive, whose messages it had discarded before they were read. */
export interface Lost {
  readonly from: number
  readonly to: number
}

/** Counts what was refused, within the transaction that is open. */
export async function recordRefused(client: ClientBase, refused: readonly RefusedObservations[]): Promise<void> {
  if (refused.length === 0) return
  await client.query({
    name: 'record refused observations',
    text: `
      insert into refused_observations (device, code, channel, field, message, count, first_at, last_at)
      select device, code, channel, field, message, count, now(), now()
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
        as told (device, code, channel, field, message, count)
      on conflict (device, code) do update
      set channel = excluded.channel, field = excluded.field, message = excluded.message,
        count = refused_observations.count + excluded.count, last_at = excluded.last_at`,
    values: [
      refused.map(({ device }) => storableText(device)),
      refused.map(({ code }) => code),
      refused.map(({ channel }) => storableText(channel).slice(0, 200)),
      refused.map(({ field }) => storableText(field.toWellFormed())),
      refused.map(({ message }) => storableText(message)),
      refused.map(({ count }) => count),
    ],
  })
}

/** Notes what is lost for good, within the transaction that is open. */
export async function recordLost(client: ClientBase, { epoch }: Position, lost: readonly Lost[]): Promise<void> {
  if (lost.length === 0) return
  await client.query(
    `insert into lost_observations (epoch, from_position, to_position)
     select $1, from_position, to_position
     from unnest($2::bigint[], $3::bigint[]) as told (from_position, to_position)`,
    [epoch, lost.map(({ from }) => from), lost.map(({ to }) => to)],
  )
}

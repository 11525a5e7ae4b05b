import type { ObservationView } from '../../schemas/queries/observation.ts'

/** An observation beside its channel, as {@link OBSERVATION_COLUMNS} selects it. */
export interface ObservationRow {
  readonly id: string
  readonly value: string
  readonly observed_at: string
  readonly hash: string | null
  readonly ts: string
  /** As Postgres says it exactly, and what identifies it within: where a page goes on. */
  readonly exact_ts: string
  readonly stream_id: string
  readonly name: string
  readonly secondary: string | null
  readonly meta: string | null
  readonly description: string | null
}

/** Select list over `telemetry` joined with `channels`. Numbers as text: no digit is lost. */
export const OBSERVATION_COLUMNS = `
  telemetry.id, telemetry.value::text as value, trim_scale(extract(epoch from telemetry.ts))::text as observed_at,
  telemetry.hash, regexp_replace(to_char(telemetry.ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\\.?0+$', '') as ts,
  telemetry.ts::text as exact_ts, channels.id as stream_id, channels.name, channels.secondary, channels.meta,
  channels.description`

export function observationView(row: ObservationRow): ObservationView {
  const { value, observed_at, hash, ts, name, secondary, meta, description } = row
  const stream_id = Number(row.stream_id)
  return {
    id: Number(row.id),
    value,
    observed_at,
    hash,
    stream_id,
    stream: { id: stream_id, name, secondary, meta, description },
    ts,
  }
}

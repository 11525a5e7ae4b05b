import { DECIMAL } from '../../schemas/observation.ts'
import { readInstant } from '../../schemas/read-instant.ts'
import type { FetchedObservation, ObservationRow, StreamMetadata } from './stream-store.ts'

/** What was fetched of a stream at once: its rows, and what is said of the stream itself, if anything is. @throws RangeError naming the field that is not what it should be. */
export function fetchedPage(
  uuid: string,
  observations: readonly FetchedObservation[],
  provider: string | undefined,
): { readonly rows: readonly ObservationRow[]; readonly said: StreamMetadata | undefined } {
  // The last that says something: what came before is older news.
  const telling = observations.findLast(tellsOfStream)
  return {
    rows: observations.map((observation) => fetchedRow(observation, provider ?? null)),
    said: telling === undefined ? undefined : streamSaid(uuid, telling),
  }
}

/** The old ones say nothing of it. */
function tellsOfStream({ stream, stream_id }: FetchedObservation): boolean {
  return (stream ?? stream_id ?? undefined) !== undefined
}

function streamSaid(uuid: string, { stream, stream_id }: FetchedObservation): StreamMetadata {
  return {
    uuid,
    server_stream_id: stream?.id ?? stream_id ?? undefined,
    name: stream?.name,
    secondary: stream?.secondary,
    meta: stream?.meta,
    description: stream?.description,
  }
}

function fetchedRow(observation: FetchedObservation, provider: string | null): ObservationRow {
  const { value, hash, ts, observed_at } = observation
  return { ts: tableTime(ts ?? observed_at), value: decimal(value), hash: hash ?? null, provider }
}

/** As the server writes it, where no calendar is needed to know that there is such a day. */
const PLAIN = /^(19[789]\d|[2-9]\d{3})-(0\d|1[0-2])-([01]\d|2[0-8])[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/

/** A moment as tables have it. @throws RangeError when it is none. */
export function tableTime(time: string | number | null | undefined): string {
  const text = String(time ?? '').trim()
  if (PLAIN.test(text) && !text.includes('-00')) return text.replace('T', ' ')
  // Where no offset is said, as in the server's `ts` and in tables, it is UTC.
  const instant = readInstant(text) ?? readInstant(`${text}Z`) ?? readInstant(`${text}:00Z`)
  if (instant === undefined) throw new RangeError(`observed_at or ts must be a time, not ${JSON.stringify(time)}`)
  return instant.text.replace('T', ' ').replace('Z', '')
}

function decimal(value: string | number): string {
  const text = String(value)
  if (!DECIMAL.test(text)) throw new RangeError(`value must be a decimal number, not ${JSON.stringify(value)}`)
  return text
}

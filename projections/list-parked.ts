import type { Pool } from 'pg'

/** A parked event, as people are shown it. */
export interface ParkedEvent {
  readonly projector: string
  /** Of the parked event in the log. */
  readonly position: number
  readonly error: string
  readonly parkedAt: string
  /** Aggregates that wait for it, in the order in which they were held, with the position from which on. */
  readonly held: readonly { readonly aggregate: string; readonly from: number; readonly error: string }[]
}

/** All parked events, of one projector if given, oldest first. */
export async function listParked(pool: Pool, projector?: string): Promise<readonly ParkedEvent[]> {
  const { rows } = await pool.query<{
    projector: string
    position: string
    parked_at: Date
    held: ParkedEvent['held']
  }>(
    `select projector, position, min(parked_at) as parked_at,
       json_agg(json_build_object('aggregate', aggregate, 'from', from_position, 'error', error)
         order by from_position, aggregate) as held
     from pharos.parked
     where projector = coalesce($1, projector)
     group by projector, position
     order by projector, position`,
    [projector ?? null],
  )
  return rows.map(({ projector, position, parked_at, held }) => ({
    projector,
    position: Number(position),
    error: held[0]?.error ?? '',
    parkedAt: parked_at.toISOString(),
    held,
  }))
}

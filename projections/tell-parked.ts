import type { ClientBase } from 'pg'
import type { Position } from '../schemas/position.ts'
import type { ParkedMirror, ParkedNotice } from './parked-mirror.ts'
import { openRequests } from './parked-requests.ts'

/** So many aggregates are named in a notice. */
const NAMED = 20

/**
 * Tells people of all parked events and requests that they were not told of. Each is marked as told after it was, so it
 * is told at least once. Returns false when the mirror is away: to be tried again.
 */
export async function tellParked(
  client: ClientBase,
  projector: string,
  { epoch }: Position,
  mirror: ParkedMirror,
): Promise<boolean> {
  for (const { id, position, outcome, action, actor, reason } of await openRequests(client, projector)) {
    if (outcome === null) continue
    const state = action === 'replay' ? 'replayed' : 'discarded'
    const notice: ParkedNotice = { projector, epoch, position, state, actor, reason }
    if (outcome === 'released' && !(await isTold(mirror, notice))) return false
    await client.query('update pharos_system.parked_requests set mirrored = true where id = $1', [id])
  }
  for (const { cause, held, error, aggregates } of await untold(client)) {
    const notice: ParkedNotice = { projector, epoch, position: Number(cause), state: 'parked', error, held, aggregates }
    if (!(await isTold(mirror, notice))) return false
    await client.query('update parked set mirrored = true where cause = $1', [cause])
  }
  return true
}

/** The parked events with an aggregate that nobody was told of. */
async function untold(client: ClientBase) {
  const { rows } = await client.query<{
    cause: string
    held: number
    error: string
    aggregates: readonly string[]
  }>(
    `select cause, count(*)::int as held, (array_agg(error order by from_position, aggregate))[1] as error,
       (array_agg(aggregate order by from_position, aggregate))[1:$1::int] as aggregates
     from parked
     group by cause
     having not bool_and(mirrored)
     order by cause`,
    [NAMED],
  )
  return rows
}

async function isTold(mirror: ParkedMirror, notice: ParkedNotice): Promise<boolean> {
  try {
    await mirror.tell(notice)
    return true
  } catch {
    // The log's server is away: the projector finds out by itself, and projecting does not wait for a notice.
    return false
  }
}

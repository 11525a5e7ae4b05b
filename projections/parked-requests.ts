import type { ClientBase, Pool } from 'pg'
import type { Position } from '../schemas/position.ts'
import type { Discarded } from './withhold.ts'

/** What a person wants done about a parked event. */
export interface ParkedRequest {
  readonly id: string
  readonly projector: string
  readonly epoch: string
  /** Of the parked event. */
  readonly position: number
  /** `replay`: apply it again, and all that waits for it. `discard`: all that waits for it, but never itself. */
  readonly action: 'replay' | 'discard'
  readonly actor: string
  readonly reason: string | null
}

/** `held`: something could not be applied again. `unknown`: nothing was parked there. */
export type ParkedOutcome = 'released' | 'held' | 'unknown'

interface RequestRow extends Omit<ParkedRequest, 'position'> {
  readonly position: string
  readonly outcome: ParkedOutcome | null
}

const COLUMNS = 'id, projector, epoch, position, action, actor, reason, outcome'

/** Asks the projector's owner, whoever that is or comes to be; returns the id to ask for the outcome with. */
export async function requestParked(pool: Pool, request: Omit<ParkedRequest, 'id'>): Promise<string> {
  const { projector, epoch, position, action, actor, reason } = request
  const { rows } = await pool.query<{ id: string }>(
    `insert into pharos_system.parked_requests (projector, epoch, position, action, actor, reason)
     values ($1, $2, $3, $4, $5, $6)
     returning id`,
    [projector, epoch, position, action, actor, reason],
  )
  return rows[0]?.id ?? ''
}

/** What became of a request; `undefined` while no owner has carried it out. */
export async function parkedOutcome(pool: Pool, id: string): Promise<ParkedOutcome | undefined> {
  const { rows } = await pool.query<{ outcome: ParkedOutcome | null }>(
    'select outcome from pharos_system.parked_requests where id = $1',
    [id],
  )
  return rows[0]?.outcome ?? undefined
}

/** Requests that were not carried out, oldest first, and those that were but of which nobody has told. */
export async function openRequests(
  client: ClientBase,
  projector: string,
): Promise<readonly (ParkedRequest & { readonly outcome: ParkedOutcome | null })[]> {
  const { rows } = await client.query<RequestRow>(
    `select ${COLUMNS} from pharos_system.parked_requests
     where projector = $1 and (done_at is null or not mirrored)
     order by done_at nulls first, id
     limit 100`,
    [projector],
  )
  return rows.map((row) => ({ ...row, position: Number(row.position) }))
}

/** Within the transaction that carries the request out. */
export async function closeRequest(client: ClientBase, id: string, outcome: ParkedOutcome): Promise<void> {
  await client.query('update pharos_system.parked_requests set done_at = now(), outcome = $2 where id = $1', [
    id,
    outcome,
  ])
}

/** All that people have discarded of this projector in this life of the log. */
export async function readDiscarded(client: ClientBase, projector: string, at: Position): Promise<Discarded> {
  const { rows } = await client.query<{ position: string }>(
    `select position from pharos_system.parked_requests
     where projector = $1 and epoch = $2 and action = 'discard' and outcome <> 'unknown'`,
    [projector, at.epoch],
  )
  return new Set(rows.map(({ position }) => Number(position)))
}

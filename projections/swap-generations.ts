import type { ClientBase } from 'pg'
import type { Position } from '../schemas/position.ts'
import { Backoff } from './backoff.ts'
import { moveCheckpoint } from './checkpoint.ts'
import type { EventLog } from './event-log.ts'
import { generationSchema } from './generation.ts'
import { inTransaction } from './in-transaction.ts'
import { DEFINITIONS_LOCK, registerGeneration } from './install.ts'
import { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'
import { replay } from './replay.ts'

/** Readers queue behind a lock that is waited for: so not for long, but often. In milliseconds, and times. */
const LOCK_TIMEOUT = 250
/** Of tables that no new reader comes to: longer than Postgres' `deadlock_timeout` (1 s), after which autovacuum gives way, who else may take minutes. */
const DROP_LOCK_TIMEOUT = 3_000
const ATTEMPTS = 200
const DROP_ATTEMPTS = 40
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Makes `next` the generation that the views show, in one transaction that holds the live checkpoint's row: the live
 * projector cannot commit meanwhile, what it committed beyond `from` is applied here, and afterwards it finds its
 * checkpoint gone and goes on with the new tables. No event is lost and positions never go back.
 * Returns where the new tables stand.
 */
export async function swapGenerations(
  client: ClientBase,
  projector: Projector,
  options: {
    readonly log: EventLog
    readonly signal: AbortSignal
    readonly live: number
    readonly next: number
    readonly from: Position
  },
): Promise<Position> {
  const { log, signal, live, next, from } = options
  return patiently(signal, ATTEMPTS, () =>
    inTransaction(client, async () => {
      await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}ms'`)
      await client.query('select pg_advisory_xact_lock($1)', [DEFINITIONS_LOCK])
      const { rows } = await client.query<{ epoch: string | null; position: string }>(
        `select epoch, position from ${generationSchema(projector.name, live)}.checkpoint for update`,
      )
      const until = rows[0]?.epoch === from.epoch ? Number(rows[0].position) : from.sequence
      const transaction = new ProjectionTransaction(client)
      const to = await replay(client, projector, { log, signal, from, until, transaction })
      await moveCheckpoint(client, from, to.sequence, new Date(0).toISOString())
      await client.query(`delete from ${generationSchema(projector.name, live)}.checkpoint`)
      await registerGeneration(client, projector, next)
      return to
    }),
  )
}

/**
 * Drops a generation that nothing shows. Who still reads it is waited for a while; then it stays, and the next rebuild
 * drops it.
 */
export async function dropGeneration(
  client: ClientBase,
  projector: string,
  generation: number,
  signal: AbortSignal,
): Promise<void> {
  const drop = () =>
    inTransaction(client, async () => {
      await client.query(`set local lock_timeout = '${DROP_LOCK_TIMEOUT}ms'`)
      await client.query(`drop schema if exists ${generationSchema(projector, generation)} cascade`)
    })
  await patiently(signal, DROP_ATTEMPTS, drop).catch((error: unknown) => {
    if (!isLocked(error)) throw error
  })
}

async function patiently<T>(signal: AbortSignal, attempts: number, work: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(20, 500)
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!isLocked(error) || attempt === attempts) throw error
      await backoff.wait(signal)
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE
}

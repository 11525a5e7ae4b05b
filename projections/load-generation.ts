import { type ClientBase, DatabaseError } from 'pg'
import type { Position } from '../schemas/position.ts'
import { ApplyFailed } from './apply-events.ts'
import { adoptEpoch, moveCheckpoint } from './checkpoint.ts'
import { autovacuum } from './autovacuum.ts'
import { createGeneration, generationSchema, useGeneration } from './generation.ts'
import { inTransaction } from './in-transaction.ts'
import { isOutage } from './is-outage.ts'
import { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'
import { replay, type ReplayOptions } from './replay.ts'

export interface LoadOptions extends Omit<ReplayOptions, 'transaction'> {
  readonly generation: number
  /** A session of its own, for tables that are only written. */
  readonly beside: ClientBase
  /** Does all of the projector's `completion`: the rows are in, and committed. */
  readonly complete: (position: number) => Promise<void>
}

/**
 * Fills a new generation's tables from the log and creates their indexes. At first in bulk, which is quick but knows no
 * poison; if it meets any, once more from the beginning as a live owner would, who parks it. Nobody vacuums them meanwhile,
 * nor afterwards: whoever shows them turns that on again.
 * @throws Halted, or what an outage throws: nothing shows these tables, begin again.
 */
export async function loadGeneration(
  client: ClientBase,
  projector: Projector,
  options: LoadOptions,
): Promise<Position> {
  try {
    await begin(client, projector, options)
    const loaded = await loadInBulk(client, projector, options)
    await options.complete(loaded.sequence)
    return loaded
  } catch (error) {
    if (!isPoison(error)) throw error
    await begin(client, projector, options)
    for (const piece of projector.completion) await client.query(piece)
    return replay(client, projector, options)
  }
}

async function begin(
  client: ClientBase,
  projector: Projector,
  { generation, from, beside }: LoadOptions,
): Promise<void> {
  await inTransaction(client, async () => {
    await client.query(`drop schema if exists ${generationSchema(projector.name, generation)} cascade`)
    await createGeneration(client, projector, generation)
    await autovacuum(client, projector.name, generation, 'off')
  })
  await adoptEpoch(client, from.epoch)
  await useGeneration(beside, projector.name, generation)
}

/** In one transaction, but for tables that are only written: a load that is cut off is begun again anyway. */
async function loadInBulk(client: ClientBase, projector: Projector, options: LoadOptions): Promise<Position> {
  return inTransaction(client, async () => {
    const transaction = new ProjectionTransaction(client, options.beside)
    try {
      const at = await replay(client, projector, { ...options, transaction })
      await finishLoad(transaction, projector)
      await moveCheckpoint(client, options.from, at.sequence, new Date(0).toISOString())
      return at
    } finally {
      await transaction.abandon()
    }
  })
}

async function finishLoad(transaction: ProjectionTransaction, projector: Projector): Promise<void> {
  try {
    await projector.finishLoad?.(transaction)
    await transaction.flush()
  } catch (error) {
    throw new ApplyFailed(`${projector.name} cannot apply the last events`, { cause: error })
  }
}

/** What a row breaks may show only at the end of a COPY, or when a key is created. */
function isPoison(error: unknown): boolean {
  const cause = error instanceof ApplyFailed ? error.cause : error
  return (error instanceof ApplyFailed || error instanceof DatabaseError) && !isOutage(cause)
}

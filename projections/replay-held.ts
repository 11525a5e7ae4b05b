import type { ClientBase } from 'pg'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'
import { applyOrPark } from './apply-or-park.ts'
import type { EventLog } from './event-log.ts'
import type { HeldAggregates } from './held-aggregates.ts'
import { recordHeld } from './parked.ts'
import { ProjectionTransaction } from './projection-transaction.ts'
import type { Projector } from './projector.ts'
import { ReadAhead } from './read-ahead.ts'
import type { Discarded } from './withhold.ts'

/** Most events that are applied at once, and most that are read meanwhile. */
const BATCH = 2_000
/** How often to see whether reading was aborted while no event comes, in milliseconds. */
const LOOK = 1_000
/** With more aggregates than this, the log is read by the projector's own filters. */
const MAX_FILTERS = 64

/**
 * Applies, within the transaction that is open, all that is held by the parked event at `cause`: each of its aggregates
 * from its first event on that was left out, up to `at`, where the checkpoint stands. What cannot be applied is parked
 * anew. Returns what is held afterwards. @throws what an outage throws; what `signal` aborts with.
 */
export async function replayHeld(
  client: ClientBase,
  projector: Projector,
  options: {
    readonly log: EventLog
    readonly at: Position
    readonly cause: number
    readonly held: HeldAggregates
    readonly discarded: Discarded
    readonly signal: AbortSignal
  },
): Promise<HeldAggregates> {
  const { log, at, cause, held, discarded, signal } = options
  const mine = [...held.values()].filter((one) => one.cause === cause)
  const others: HeldAggregates = new Map([...held].filter(([, one]) => one.cause !== cause))
  await client.query('delete from parked where cause = $1', [cause])
  const transaction = new ProjectionTransaction(client)
  let now = others
  const apply = async (events: readonly RecordedEvent[]): Promise<void> => {
    const left = events.filter(({ subject, sequence }) => sequence >= (held.get(subject)?.from ?? Infinity))
    const ours = left.filter(({ subject }) => held.get(subject)?.cause === cause)
    now = await applyOrPark(transaction, projector, ours, now, discarded)
  }
  const range = {
    fromSequence: Math.min(...mine.map(({ from }) => from)),
    untilSequence: at.sequence,
    subjects: mine.length > MAX_FILTERS ? projector.subjects : mine.map(({ aggregate }) => aggregate),
  }
  const reader = new ReadAhead((stop) => ({ ahead: log.readAll({ ...range, signal: stop }) }), signal, BATCH)
  try {
    while (!reader.isDrained) {
      await apply(await reader.take(BATCH, LOOK))
      signal.throwIfAborted()
    }
    // Of a command of which other events concern nobody here, the end is not seen; but it stands before the checkpoint.
    await apply(reader.held)
  } finally {
    await reader.close()
  }
  await recordHeld(client, others, now)
  return now
}

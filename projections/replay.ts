import type { ClientBase } from 'pg'
import type { RecordedEvent } from '../schemas/envelope.ts'
import type { Position } from '../schemas/position.ts'
import { commandSpan } from './command-boundary.ts'
import type { EventLog } from './event-log.ts'
import { Halted } from './halted.ts'
import { knownEvents } from './known-events.ts'
import type { ProjectionTransaction } from './projection-transaction.ts'
import { applyEvents } from './apply-events.ts'
import { applyOrPark } from './apply-or-park.ts'
import { readHeld, recordHeld } from './parked.ts'
import { readDiscarded } from './parked-requests.ts'
import { projectBatch } from './project-batch.ts'
import { withhold } from './withhold.ts'
import type { Projector } from './projector.ts'
import { ReadAhead } from './read-ahead.ts'

/** Most events that are applied at once, and most that are read meanwhile. */
const BATCH = 2_000
/** How often to see whether reading was aborted while no event comes, in milliseconds. */
const LOOK = 1_000

export interface ReplayOptions {
  readonly log: EventLog
  readonly signal: AbortSignal
  /** Where the session's checkpoint stands. */
  readonly from: Position
  /** Last position to apply; a command that does not end by then is left for later. */
  readonly until: number
  /** Open already, by somebody who moves the checkpoint too. Otherwise each batch has its own. */
  readonly transaction?: ProjectionTransaction
  readonly onPosition?: (position: number) => void
}

/**
 * Applies the log up to a position with the tables that the session works in, reading on while it writes. What cannot be
 * applied is parked, as by a live owner; what people have discarded is left out. Returns how far it came: `until`, or the
 * end of the last command before it.
 * @throws Halted when an event is not known; ApplyFailed in a bulk load, which cannot park; what `signal` aborts with.
 */
export async function replay(client: ClientBase, projector: Projector, options: ReplayOptions): Promise<Position> {
  const { log, signal, until } = options
  const { subjects } = projector
  let at = options.from
  if (until <= at.sequence) return at
  const discarded = await readDiscarded(client, projector.name, at)
  let held = await readHeld(client)
  const { transaction } = options
  const advance = async (events: readonly RecordedEvent[], to: number, asOf: string): Promise<void> => {
    if (transaction === undefined)
      held = await projectBatch(client, projector, { events, from: at, to, asOf, held, discarded })
    else if (transaction.bulk) await applyEvents(transaction, projector, withhold(events, held, discarded).free)
    else {
      const before = held
      held = await applyOrPark(transaction, projector, events, before, discarded)
      await recordHeld(client, before, held)
    }
    at = { epoch: at.epoch, sequence: to }
    options.onPosition?.(to)
  }
  const open = (stop: AbortSignal) => ({
    ahead: log.readAll({ fromSequence: at.sequence + 1, untilSequence: until, subjects, signal: stop }),
  })
  // A bulk load waits for nothing that it writes, so it would take each event as it comes.
  const bulk = projector.bulkBatch ?? BATCH
  const [most, least] = transaction?.bulk === true ? [bulk, bulk] : [BATCH, 1]
  const reader = new ReadAhead(open, signal, most)
  try {
    while (!reader.isDrained) {
      const events = await reader.take(most, LOOK, least)
      signal.throwIfAborted()
      const last = events.at(-1)
      if (last === undefined) continue
      const { unknown } = knownEvents(projector, events)
      if (unknown !== undefined)
        throw new Halted('waiting', unknown.sequence, `${projector.name} does not know ${unknown.envelope.type}`)
      await advance(events, last.sequence, last.envelope.time)
    }
    signal.throwIfAborted()
    await finish(reader.held, until)
  } finally {
    await reader.close()
  }
  return at

  /** What is held is a whole command if the log was read to where the command ends; else it stays for the next read. */
  async function finish(held: readonly RecordedEvent[], end: number): Promise<void> {
    const [first] = held
    const isWhole = first === undefined || commandSpan(first).last <= end
    const to = isWhole ? end : commandSpan(first).first - 1
    if (to > at.sequence) await advance(isWhole ? held : [], to, held.at(-1)?.envelope.time ?? EARLIEST)
  }
}

/** Says nothing about how recent the tables are. */
const EARLIEST = '1970-01-01T00:00:00.000Z'

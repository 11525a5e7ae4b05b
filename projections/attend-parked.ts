import type { ClientBase } from 'pg'
import type { Position } from '../schemas/position.ts'
import { moveCheckpoint } from './checkpoint.ts'
import type { EventLog } from './event-log.ts'
import type { HeldAggregates } from './held-aggregates.ts'
import { inTransaction } from './in-transaction.ts'
import type { ParkedMirror } from './parked-mirror.ts'
import { closeRequest, openRequests, type ParkedRequest, readDiscarded } from './parked-requests.ts'
import type { Projector } from './projector.ts'
import { replayHeld } from './replay-held.ts'
import { tellParked } from './tell-parked.ts'

/** Says nothing about how recent the tables are. */
const EARLIEST = '1970-01-01T00:00:00.000Z'

export interface Attending {
  readonly client: ClientBase
  readonly projector: Projector
  readonly log: EventLog
  readonly mirror: ParkedMirror | undefined
  /** Where the checkpoint stands. */
  readonly at: Position
  readonly held: HeldAggregates
  readonly signal: AbortSignal
}

/**
 * What an owner does about parked events, now and then: carries out what people have asked for, and tells of what
 * happened. Each request is one transaction, fenced by the checkpoint, so it is carried out once and by the owner only.
 * Returns what is held afterwards, and whether there is nobody left to tell.
 * @throws LostOwnership, or what an outage throws: the request then stays for the next owner.
 */
export async function attendParked(
  attending: Attending,
): Promise<{ readonly held: HeldAggregates; readonly isTold: boolean }> {
  const { client, projector, mirror, at } = attending
  let { held } = attending
  for (const request of await openRequests(client, projector.name))
    if (request.outcome === null) held = await carryOut(request, { ...attending, held })
  const isTold = mirror === undefined || (await tellParked(client, projector.name, at, mirror))
  return { held, isTold }
}

async function carryOut(request: ParkedRequest, attending: Attending): Promise<HeldAggregates> {
  const { client, projector, at, held } = attending
  const { id, position: cause, action } = request
  return inTransaction(client, async () => {
    await moveCheckpoint(client, at, at.sequence, EARLIEST)
    const isParked = request.epoch === at.epoch && [...held.values()].some((one) => one.cause === cause)
    if (!isParked) {
      await closeRequest(client, id, 'unknown')
      return held
    }
    const known = await readDiscarded(client, projector.name, at)
    const discarded = action === 'discard' ? new Set([...known, cause]) : known
    const now = await replayHeld(client, projector, { ...attending, cause, discarded })
    const before = new Set([...held.values()].filter((one) => one.cause === cause).map(({ aggregate }) => aggregate))
    const isReleased = ![...now.keys()].some((aggregate) => before.has(aggregate))
    await closeRequest(client, id, isReleased ? 'released' : 'held')
    return now
  })
}

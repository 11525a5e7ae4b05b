import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import type { Position } from '../schemas/position.ts'
import { Backoff } from './backoff.ts'
import { checkLineage } from './check-lineage.ts'
import { adoptEpoch, LostOwnership, readCheckpoint, recordHalt } from './checkpoint.ts'
import type { EventLog } from './event-log.ts'
import { LogFollower } from './follow-log.ts'
import { Halted } from './halted.ts'
import { heartbeat } from './heartbeat.ts'
import type { HeldAggregates } from './held-aggregates.ts'
import { installProjector } from './install.ts'
import { leaseSettings, OWNER_LOCK, tryLock } from './ownership.ts'
import type { ParkedMirror } from './parked-mirror.ts'
import { readHeld } from './parked.ts'
import type { Projector } from './projector.ts'
import type { ProjectorReport } from './projector-report.ts'
import type { Publication } from './publication.ts'
import { PROJECTOR_TIMING, type ProjectorTiming } from './projector-timing.ts'
import { headWithin } from './read-log.ts'
import { openSession, type Session } from './session.ts'

export interface RunProjectorOptions {
  /** How to reach Postgres: a runner keeps one session of its own, since its lock and its writes must share it. */
  readonly database: ClientConfig
  readonly log: EventLog
  /** Names this process to people: shown as the owner. */
  readonly owner: string
  /** What the runner is doing, whenever that changes. */
  readonly onReport?: (report: ProjectorReport) => void
  /** The tables have come so far: a hint for readers in this process who wait. */
  readonly onMove?: (projector: string, position: Position) => void
  /** What the projector holds back has changed. */
  readonly onHeld?: (projector: string, held: HeldAggregates) => void
  /** Where people are told of parked events; left out, only the table `parked` tells. */
  readonly parkedMirror?: ParkedMirror
  readonly timing?: Partial<ProjectorTiming>
  /** Shows the tables elsewhere, as their owner. */
  readonly publication?: Publication
}

/**
 * Keeps a projector's tables at the log's end, as its one owner or standing by. Rides out outages of Postgres and of
 * the log, another owner, tables that wait for a rebuild and events that wait for newer code. An event that cannot be applied is
 * parked with its aggregates; all others go on. Resolves when `signal` aborts, with nothing half applied.
 * @throws Halted, `failed`: more would be parked than may be. Nothing more is done until somebody acts.
 */
export async function runProjector(
  projector: Projector,
  options: RunProjectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const timing = { ...PROJECTOR_TIMING, ...options.timing }
  const backoff = new Backoff(timing.retry, timing.retryMost)
  const report = reporter(projector, options)
  while (!signal.aborted) {
    try {
      await using session = await openSession(options.database, {
        applicationName: `pharos ${projector.name} ${options.owner}`.slice(0, 63),
        statementTimeout: 60_000,
        settings: leaseSettings(timing.lease),
      })
      await own(projector, session, { ...options, timing, report, onFollowing: () => backoff.reset() }, signal)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Halted && error.halt === 'failed') {
        report({ state: 'failed', error, ...(error.at === null ? {} : { position: error.at }) })
        throw error
      }
      if (error instanceof Halted) report({ state: error.halt, error })
      else if (!(error instanceof LostOwnership)) report({ state: 'away', error })
      await backoff.wait(signal)
    }
  }
}

type Report = (report: Omit<ProjectorReport, 'projector'>) => void

interface Tenure extends RunProjectorOptions {
  readonly timing: ProjectorTiming
  readonly report: Report
  readonly onFollowing: () => void
}

/** One tenure: from standing by to losing the session, the ownership, or the way on. */
async function own(projector: Projector, session: Session, tenure: Tenure, signal: AbortSignal): Promise<void> {
  const { client } = session
  const { log, timing, report } = tenure
  await installProjector(client, projector, 'standby')
  while (!(await tryLock(client, OWNER_LOCK, projector.name))) {
    report({ state: 'standby' })
    await sleep(timing.standby * (0.75 + Math.random() / 2), undefined, { signal })
  }
  // Again, now as the owner: a rebuild may have swapped the tables since.
  await installProjector(client, projector)
  try {
    const head = await headWithin(log, timing.log)
    await adoptEpoch(client, head.epoch)
    const checkpoint = await readCheckpoint(client)
    checkLineage(projector, checkpoint, head)
    const from = { epoch: head.epoch, sequence: checkpoint.position }
    report({ state: 'catching-up', position: from.sequence })
    const onMove = (to: Position, isAtEnd: boolean): void => {
      tenure.onFollowing()
      tenure.onMove?.(projector.name, to)
      if (isAtEnd) report({ state: 'live', position: to.sequence })
    }
    const held = await readHeld(client)
    const onHeld = (now: HeldAggregates): void => tenure.onHeld?.(projector.name, now)
    const mirror = tenure.parkedMirror
    const { generation } = checkpoint
    const alive = heartbeat(client, timing.heartbeat)
    const publisher = await tenure.publication?.begin({ client, log, generation, at: from, head, signal, alive })
    const follower = { projector, session, log, timing, from, held, mirror, onMove, onHeld, publisher }
    await new LogFollower(follower).run(signal)
  } catch (error) {
    if (error instanceof Halted) await recordHalt(client, error.halt, error.at, describe(error)).catch(() => undefined)
    throw error
  }
}

/** Reports changes of state only: a new position is no news. */
function reporter(projector: Projector, { onReport }: RunProjectorOptions): Report {
  let last: string | undefined
  return (report) => {
    const summary = `${report.state} ${report.error instanceof Error ? report.error.message : ''}`
    if (summary !== last) onReport?.({ projector: projector.name, ...report })
    last = summary
  }
}

function describe(error: Halted): string {
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.message}${cause}`.slice(0, 4_000)
}

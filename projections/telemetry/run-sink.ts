import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import type { Position } from '../../schemas/position.ts'
import { Backoff } from '../backoff.ts'
import { LostOwnership, readCheckpoint } from '../checkpoint.ts'
import { installProjector } from '../install.ts'
import { endFrozenOwner, leaseSettings, OWNER_LOCK, tryLock } from '../ownership.ts'
import type { ProjectorReport } from '../projector-report.ts'
import { PROJECTOR_TIMING, type ProjectorTiming } from '../projector-timing.ts'
import { openSession, type Session } from '../session.ts'
import { TelemetryFollower } from './follow-telemetry.ts'
import { Partitions } from './partitions.ts'
import type { SinkOptions } from './sink-options.ts'
import { createStaging } from './store-observations.ts'
import { telemetry } from './telemetry.ts'

/**
 * Brings the observations of stream `TELEMETRY` into Postgres, as the one owner or standing by. Each batch moves the
 * checkpoint in the rows' own transaction, and what is there already is left out: so no observation is stored twice or
 * left out, whenever a process ends. Rides out outages of both servers. Resolves when `signal` aborts.
 */
export async function runSink(options: SinkOptions, signal: AbortSignal): Promise<void> {
  const timing = { ...PROJECTOR_TIMING, ...options.timing }
  const backoff = new Backoff(timing.retry, timing.retryMost)
  const report = reporter(options)
  while (!signal.aborted) {
    try {
      await using session = await openSession(options.database, {
        applicationName: `pharos ${telemetry.name} ${options.owner}`.slice(0, 63),
        statementTimeout: 60_000,
        settings: leaseSettings(timing.lease),
      })
      await own(session, options, timing, report, () => backoff.reset(), signal)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof LostOwnership)) report({ state: 'away', error })
      await backoff.wait(signal)
    }
  }
}

type Report = (report: Omit<ProjectorReport, 'projector'>) => void

async function own(
  session: Session,
  options: SinkOptions,
  timing: ProjectorTiming,
  report: Report,
  onFollowing: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { client } = session
  await installProjector(client, telemetry, 'standby')
  while (!(await tryLock(client, OWNER_LOCK, telemetry.name))) {
    report({ state: 'standby' })
    await endFrozenOwner(client, OWNER_LOCK, telemetry.name, timing.lease)
    await sleep(timing.standby * (0.75 + Math.random() / 2), undefined, { signal })
  }
  await installProjector(client, telemetry)
  await createStaging(client)
  const from = await startingPosition(client, await options.log.head())
  report({ state: 'catching-up', position: from.sequence })
  const onMove = (to: Position, isAtEnd: boolean): void => {
    onFollowing()
    options.onMove?.(telemetry.name, to)
    if (isAtEnd) report({ state: 'live', position: to.sequence })
  }
  const partitions = await Partitions.open(client)
  await new TelemetryFollower({ session, options, timing, partitions, from, onMove }).run(signal)
}

/**
 * The checkpoint, if it is one of this stream. A stream that was made anew or restored is read from its beginning: what
 * of it is there already is left out, and what only the old one had stays.
 */
async function startingPosition(
  client: ClientBase,
  head: Awaited<ReturnType<SinkOptions['log']['head']>>,
): Promise<Position> {
  const { epoch, position } = await readCheckpoint(client)
  if (epoch === head.epoch && position <= head.sequence) return { epoch, sequence: position }
  const from = { epoch: head.epoch, sequence: head.first - 1 }
  await client.query('update checkpoint set epoch = $1, position = $2, as_of = null', [from.epoch, from.sequence])
  return from
}

/** Reports changes of state only: a new position is no news. */
function reporter({ onReport }: SinkOptions): Report {
  let last: string | undefined
  return (report) => {
    const summary = `${report.state} ${report.error instanceof Error ? report.error.message : ''}`
    if (summary !== last) onReport?.({ projector: telemetry.name, ...report })
    last = summary
  }
}

import { projectorStatus, type ProjectorStatus } from '../../../projections/lag.ts'
import { withinTime } from '../../within-time.ts'
import { headsOf } from '../platform/logs.ts'
import type { Platform } from '../platform/platform.ts'

/** What the screen shows, as of one moment. */
export interface Figures {
  readonly accepted: number
  readonly events: number
  readonly projectors: readonly ProjectorStatus[]
  /** Empty when both servers answer. */
  readonly away: readonly string[]
}

const ANSWER_MS = 1500

/** Reads them; whatever does not answer in time is named, and nothing waits for it. */
export async function readFigures({
  logs,
  pool,
  metrics,
}: Pick<Platform, 'logs' | 'pool' | 'metrics'>): Promise<Figures> {
  const head = await withinTime(
    headsOf(logs).catch(() => undefined),
    ANSWER_MS,
  )
  const projectors =
    head &&
    (await withinTime(
      projectorStatus(pool, head).catch(() => undefined),
      ANSWER_MS,
    ))
  return {
    accepted: metrics.acceptedCommands(),
    events: head?.sequence ?? 0,
    projectors: projectors ?? [],
    away: [
      ...(head === undefined ? ['NATS'] : []),
      ...(head !== undefined && projectors === undefined ? ['Postgres'] : []),
    ],
  }
}

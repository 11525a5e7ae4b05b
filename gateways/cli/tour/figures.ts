import { type ProjectorStatus, readStandings, statusOf } from '../../../projections/lag.ts'
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
  const standings = await inTime(readStandings(pool))
  const heads = await inTime(headsOf(logs))
  return {
    accepted: metrics.acceptedCommands(),
    events: heads?.sequence ?? 0,
    projectors: heads && standings ? statusOf(standings, heads) : [],
    away: [...(heads === undefined ? ['NATS'] : []), ...(standings === undefined ? ['Postgres'] : [])],
  }
}

function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  return withinTime(
    answer.catch(() => undefined),
    ANSWER_MS,
  )
}

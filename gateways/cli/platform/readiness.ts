import type { Readiness } from '../../http/http-dependencies.ts'
import type { Survey } from './survey.ts'

/** A projector that is further behind than this many seconds is not ready: its readers see the past. */
const MOST_LAG_SECONDS = 30

/**
 * Whether an installation can do its work: NATS and Postgres answer, and every projector has an owner that keeps up.
 * Aggregates that are held back are no reason to send nobody here any more: all others are served. They are told as `degraded`.
 */
export function readinessOf({ heads, isPostgresUp, projectors, neverRun, newerMigrations }: Survey): Readiness {
  const degraded: string[] = []
  if (newerMigrations.length > 0)
    degraded.push(`a newer version has migrated Postgres (${newerMigrations.join(', ')}): replace this process`)
  const checks: Record<string, string> = {
    nats: heads === undefined ? 'away' : 'ok',
    postgres: isPostgresUp ? 'ok' : 'away',
  }
  if (heads !== undefined && isPostgresUp && projectors === undefined) checks['projectors'] = 'no answer'
  for (const name of neverRun) checks[`projector ${name}`] = 'was never run'
  for (const { name, state, lagEvents, lagSeconds, held, haltedAt } of projectors ?? []) {
    if (held > 0) degraded.push(`projector ${name} holds back ${held} aggregates: see "pharos parked list"`)
    const keepsUp = state === 'live' || (state === 'catching-up' && lagSeconds <= MOST_LAG_SECONDS)
    const behind = `${lagEvents} events (${Math.round(lagSeconds)} s) behind`
    const stands = state === 'waiting' ? `waiting for newer code at ${haltedAt}` : state
    checks[`projector ${name}`] = keepsUp ? 'ok' : `${stands}, ${behind}`
  }
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks, degraded }
}

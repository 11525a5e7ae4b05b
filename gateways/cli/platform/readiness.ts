import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import { Gauge } from 'prom-client'
import { projectorStatus } from '../../../projections/lag.ts'
import type { Readiness } from '../../http/http-dependencies.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { withinTime } from '../../within-time.ts'
import { headsOf, type Logs } from './logs.ts'

interface Parts {
  readonly connection: NatsConnection
  readonly logs: Logs
  readonly pool: Pool
  readonly metrics: Metrics
}

/** Longest that one check may take, in milliseconds: a probe must answer even when nothing else does. */
const CHECK_MS = 2000
/** A projector that is further behind than this many seconds is not ready: its readers see the past. */
const MOST_LAG_SECONDS = 30

/**
 * Whether this installation can do its work: NATS and Postgres answer, and every projector has an owner that keeps up.
 * A projector says nothing about itself here: its lock and its checkpoint do, so a dead one is seen too. Aggregates that
 * are held back are no reason to send nobody here any more: all others are served. They are told as `degraded`.
 */
export function readinessOf({ connection, logs, pool, metrics }: Parts): () => Promise<Readiness> {
  const lag = new Gauge({
    name: 'pharos_projector_lag_events',
    help: 'Events between a projector and the end of the log',
    labelNames: ['projector'],
    registers: [metrics.registry],
  })
  const parked = new Gauge({
    name: 'pharos_projector_parked',
    help: 'Aggregates that a projector holds back, since an event of theirs cannot be applied',
    labelNames: ['projector'],
    registers: [metrics.registry],
  })
  return async () => {
    const degraded: string[] = []
    const checks: Record<string, string> = { nats: 'away', postgres: 'away' }
    const head = await withinTime(
      headsOf(logs).catch(() => undefined),
      CHECK_MS,
    )
    if (head !== undefined && !connection.isClosed()) checks['nats'] = 'ok'
    const answer = await withinTime(
      pool.query('select 1').catch(() => undefined),
      CHECK_MS,
    )
    if (answer !== undefined) checks['postgres'] = 'ok'
    if (head !== undefined && answer !== undefined) {
      const projectors = await withinTime(
        projectorStatus(pool, head).catch(() => undefined),
        CHECK_MS,
      )
      if (projectors === undefined) checks['projectors'] = 'no answer'
      for (const { name, state, lagEvents, lagSeconds, held } of projectors ?? []) {
        lag.set({ projector: name }, lagEvents)
        parked.set({ projector: name }, held)
        if (held > 0) degraded.push(`projector ${name} holds back ${held} aggregates: see "pharos parked list"`)
        const keepsUp = state === 'live' || (state === 'catching-up' && lagSeconds <= MOST_LAG_SECONDS)
        checks[`projector ${name}`] = keepsUp
          ? 'ok'
          : `${state}, ${lagEvents} events (${Math.round(lagSeconds)} s) behind`
      }
    }
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks, degraded }
  }
}

import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import { newerMigrations } from '../../../infra/postgres/newer-migrations.ts'
import { type Heads, type ProjectorStatus, readStandings, statusOf } from '../../../projections/lag.ts'
import { withinTime } from '../../within-time.ts'
import { headsOf, type Logs } from './logs.ts'
import { projectors } from './projectors.ts'

/** One look at an installation, from outside: what does not answer in time is absent. */
export interface Survey {
  /** Where the logs end. */
  readonly heads: Heads | undefined
  readonly isPostgresUp: boolean
  readonly projectors: readonly ProjectorStatus[] | undefined
  /** Projectors of this version that nobody has run yet: they have no tables, and no status. */
  readonly neverRun: readonly string[]
  /** What a newer version has done to Postgres; this one works with it, since a migration leaves what the version before needs. */
  readonly newerMigrations: readonly string[]
}

export interface SurveyParts {
  readonly connection: NatsConnection
  readonly logs: Logs
  readonly pool: Pool
}

/** Longest that one question may take, in milliseconds: a probe must answer even when nothing else does. */
const ANSWER_MS = 2000

/**
 * Asks NATS and Postgres how things stand. A projector says nothing about itself here: its lock and its checkpoint do,
 * so a dead one is seen too.
 */
export async function survey({ connection, logs, pool }: SurveyParts): Promise<Survey> {
  const newer = await ask(newerMigrations(pool))
  const standings = newer === undefined ? undefined : await ask(readStandings(pool))
  // Afterwards: a projector goes on meanwhile, and must not seem to be ahead of its log.
  const heads = await ask(headsOf(logs))
  const status = heads && standings && statusOf(standings, heads)
  const installed = new Set(status?.map(({ name }) => name))
  const neverRun = status === undefined ? [] : projectors.map(({ name }) => name).filter((name) => !installed.has(name))
  return {
    heads: connection.isClosed() ? undefined : heads,
    isPostgresUp: newer !== undefined,
    projectors: status,
    neverRun,
    newerMigrations: newer ?? [],
  }
}

function ask<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  return withinTime(
    question.catch(() => undefined),
    ANSWER_MS,
  )
}

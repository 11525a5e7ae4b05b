import type { NatsConnection } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import type { EventStore } from '../../../commands/event-store.ts'
import { type ProjectorStatus, projectorStatus } from '../../../projections/lag.ts'
import type { Position } from '../../../schemas/position.ts'
import { withinTime } from '../../within-time.ts'
import { projectors } from './projectors.ts'

/** One look at an installation, from outside: what does not answer in time is absent. */
export interface Survey {
  /** Where the log ends. */
  readonly head: Position | undefined
  readonly isPostgresUp: boolean
  readonly projectors: readonly ProjectorStatus[] | undefined
  /** Projectors of this version that nobody has run yet: they have no tables, and no status. */
  readonly neverRun: readonly string[]
}

export interface SurveyParts {
  readonly connection: NatsConnection
  readonly store: EventStore
  readonly pool: Pool
}

/** Longest that one question may take, in milliseconds: a probe must answer even when nothing else does. */
const ANSWER_MS = 2000

/**
 * Asks NATS and Postgres how things stand. A projector says nothing about itself here: its lock and its checkpoint do,
 * so a dead one is seen too.
 */
export async function survey({ connection, store, pool }: SurveyParts): Promise<Survey> {
  const [head, answer] = await Promise.all([ask(store.head()), ask(pool.query('select 1'))])
  const status = head === undefined || answer === undefined ? undefined : await ask(projectorStatus(pool, head))
  const installed = new Set(status?.map(({ name }) => name))
  const neverRun = status === undefined ? [] : projectors.map(({ name }) => name).filter((name) => !installed.has(name))
  return {
    head: connection.isClosed() ? undefined : head,
    isPostgresUp: answer !== undefined,
    projectors: status,
    neverRun,
  }
}

function ask<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  return withinTime(
    question.catch(() => undefined),
    ANSWER_MS,
  )
}

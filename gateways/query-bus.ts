import type { AccessPolicy, Permission } from '../commands/access-policy.ts'
import { violationsOf } from '../commands/violations.ts'
import type { Actor } from '../schemas/actor.ts'
import { UnknownEventError } from '../schemas/events/unknown-event.ts'
import { parseAsOf } from '../schemas/as-of.ts'
import { formatPosition, parsePosition } from '../schemas/position.ts'
import { type QueryResult, queryRequest } from '../schemas/query.ts'
import { isReadModelOutage } from './is-read-model-outage.ts'
import type { PastQueries } from './past-queries.ts'
import type { Queries } from './queries.ts'
import { type QueryPlan, queryPlans } from './query-plans.ts'

/** One arrived query: a type from the subject or path, a body as it came, an actor from the credential. */
export interface ArrivedQuery {
  readonly type: string
  readonly body: unknown
  readonly actor: Actor
}

/** Every gateway's one way to the read model. Answers every expected outcome as a value; rejects only on a bug. */
export interface QueryBus {
  readonly types: readonly string[]
  ask(query: ArrivedQuery): Promise<QueryResult>
}

export interface QueryBusPorts {
  readonly queries: Queries
  readonly past: PastQueries
  readonly policy: AccessPolicy
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How long a query may take. */
  readonly timeoutMs?: number
  /** How long a query waits for the position that it was asked to answer from. */
  readonly positionTimeoutMs?: number
}

export function createQueryBus({
  queries,
  past,
  policy,
  now,
  timeoutMs = 5000,
  positionTimeoutMs = 5000,
}: QueryBusPorts): QueryBus {
  const plans = queryPlans(queries, past)
  return {
    types: [...plans.keys()],
    async ask({ type, body, actor }) {
      const planner = plans.get(type)
      if (planner === undefined)
        return { status: 'rejected', code: 'unknown_query', message: `there is no query "${type}"`, violations: [] }
      const request = queryRequest.safeParse(body)
      if (!request.success) return invalid('invalid_query', violationsOf(request.error))
      const planned = planner(request.data.data, now())
      if ('error' in planned) return invalid('invalid_data', violationsOf(planned.error, 'data'))
      const { permission, projector = 'aliases' } = planned.plan
      const { minPosition, asOf } = request.data
      if (!policy.allows(actor, permission)) return { status: 'forbidden', message: forbidden(actor, type, permission) }
      try {
        const waited = await behind(minPosition, projector)
        if (waited !== undefined) return waited
        const signal = AbortSignal.timeout(timeoutMs)
        return await (asOf === undefined ? present(planned.plan, signal) : atThatTime(planned.plan, asOf, signal))
      } catch (error) {
        if (error instanceof RangeError)
          return invalid('invalid_data', [{ field: 'data.cursor', message: 'must be a cursor as a page gave it' }])
        if (error instanceof UnknownEventError) return { status: 'unavailable', message: error.message }
        if (isReadModelOutage(error))
          return { status: 'unavailable', message: 'the read model cannot be reached at the moment' }
        throw error
      }
    },
  }

  async function behind(minPosition: string | undefined, projector: string): Promise<QueryResult | undefined> {
    if (minPosition === undefined) return undefined
    const { reached, lag } = await queries.waitForPosition(
      parsePosition(minPosition),
      AbortSignal.timeout(positionTimeoutMs),
      projector,
    )
    if (reached) return undefined
    const why = lag === null ? 'is of another life of the log, before or after a restore' : 'is not reached yet'
    return { status: 'behind', message: `${minPosition} ${why}`, lag }
  }

  async function present(
    { answer, absent, projector = 'aliases' }: QueryPlan,
    signal: AbortSignal,
  ): Promise<QueryResult> {
    // Read first: the answer may then be newer than the position it carries, never older.
    const position = formatPosition(await queries.position(signal, projector))
    return answered(position, await answer(signal), absent)
  }

  async function atThatTime(
    { past: plan, projector = 'aliases' }: QueryPlan,
    asOf: string,
    signal: AbortSignal,
  ): Promise<QueryResult> {
    if (plan === undefined) return invalidAsOf('invalid_query', 'only the present is known of this')
    const found = await past.findMoment(parseAsOf(asOf), now(), signal)
    if (found.status === 'rejected') return invalidAsOf(found.code, found.message)
    const position = formatPosition(found.moment.position)
    const late = plan.needsTables === true ? await behind(position, projector) : undefined
    return late ?? answered(position, await plan.answer(found.moment, signal))
  }
}

function answered(position: string, value: object | undefined, absent: QueryPlan['absent'] = NO_ALIAS): QueryResult {
  if (value === undefined) return { status: 'not_found', ...absent, position }
  return { status: 'ok', position, value }
}

function invalidAsOf(code: string, message: string): QueryResult {
  return invalid(code, [{ field: 'asOf', message }])
}

const NO_ALIAS = { code: 'alias_not_found', message: 'no such alias' }

function invalid(code: string, violations: Extract<QueryResult, { status: 'rejected' }>['violations']): QueryResult {
  return { status: 'rejected', code, message: 'the query is not valid', violations }
}

function forbidden(actor: Actor, type: string, { scope }: Permission): string {
  const hint =
    actor.scopes !== undefined && scope === undefined ? '; this credential is confined, so name a scope' : ' here'
  return `${actor.id} may not ask ${type}${hint}`
}

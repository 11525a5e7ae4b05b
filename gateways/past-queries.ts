import type { AsOf } from '../schemas/as-of.ts'
import type { Position } from '../schemas/position.ts'
import type { Queries } from './queries.ts'

/** The state after all events up to a position, with expiry judged at an instant (epoch milliseconds). */
export interface Moment {
  readonly position: Position
  readonly at: number
}

type Asked<Name extends keyof Queries> = Omit<Parameters<Queries[Name]>[0], 'at'>

/** The queries that can be answered as of a moment. What rejects is as with {@link Queries}. */
export interface PastQueries {
  findMoment(
    asOf: AsOf,
    now: number,
    signal: AbortSignal,
  ): Promise<
    | { readonly status: 'ok'; readonly moment: Moment }
    | { readonly status: 'rejected'; readonly code: string; readonly message: string }
  >
  resolveAlias(query: Asked<'resolveAlias'>, moment: Moment): ReturnType<Queries['resolveAlias']>
  getAlias(query: Asked<'getAlias'>, moment: Moment): ReturnType<Queries['getAlias']>
  /** The read model must have reached the moment; so for histories. */
  listAliases(query: Asked<'listAliases'>, moment: Moment, signal: AbortSignal): ReturnType<Queries['listAliases']>
  aliasHistory(query: Asked<'aliasHistory'>, moment: Moment, signal: AbortSignal): ReturnType<Queries['aliasHistory']>
}

import type { Pool } from 'pg'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { AsOf } from '../../schemas/as-of.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import { aliasHistory } from '../queries/alias-history.ts'
import { readFrom } from '../queries/read.ts'
import { listAliasesAsOf } from './list-aliases-as-of.ts'
import type { LogHistory } from './log-history.ts'
import { findMoment, type Moment } from './moment.ts'
import { slotAsOf } from './slot-as-of.ts'

/**
 * Aliases as they were at a moment. One alias is folded from the events of the few slots that are asked for, so it is
 * exact whatever state the tables are in; lists and histories come from the tables' history up to the moment.
 */
export class PastAliases {
  readonly #log: LogHistory
  readonly #pool: Pool

  constructor(log: LogHistory, pool: Pool) {
    this.#log = log
    this.#pool = pool
  }

  findMoment(asOf: AsOf, now: number, signal: AbortSignal) {
    return findMoment(this.#log, asOf, { now, signal })
  }

  /** The first enabled alias of this name along the chain of scopes, nearest first. */
  async resolveAlias(
    { chain, name }: { readonly chain: readonly Scope[]; readonly name: string },
    moment: Moment,
  ): Promise<AliasView | undefined> {
    const slots = await Promise.all(chain.map((scope) => this.getAlias({ scope, name }, moment)))
    return slots.find((alias) => alias?.enabled === true)
  }

  /** The alias in this very slot, enabled or not. */
  async getAlias(
    { scope, name }: { readonly scope: Scope; readonly name: string },
    moment: Moment,
  ): Promise<AliasView | undefined> {
    const events = await this.#log.readAggregate(slotSubject(scope, name))
    const until = events.filter(({ sequence }) => sequence <= moment.position.sequence)
    return slotAsOf(
      until.map(({ sequence, envelope }) => ({
        event: readAliasEvent(envelope),
        recorded: { sequence, time: envelope.time, actor: envelope.actor },
      })),
      moment,
    )
  }

  /** The tables must have reached the moment. */
  listAliases(filter: Parameters<typeof listAliasesAsOf>[1], moment: Moment, signal: AbortSignal) {
    return listAliasesAsOf(readFrom(this.#pool, signal), filter, moment)
  }

  /** The tables must have reached the moment. */
  aliasHistory(query: Parameters<typeof aliasHistory>[1], moment: Moment, signal: AbortSignal) {
    return aliasHistory(readFrom(this.#pool, signal), { ...query, until: moment.position.sequence })
  }
}

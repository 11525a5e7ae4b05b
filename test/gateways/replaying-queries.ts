import { type AliasState, alias, isLive } from '../../domain/alias/alias.ts'
import { nameKey } from '../../domain/alias/name-key.ts'
import { indexSubject } from '../../domain/alias-index/index-subject.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { EventStore } from '../../commands/event-store.ts'
import type { Queries } from '../../gateways/queries.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import { readAliasIndexEvent } from '../../schemas/events/read-alias-index-event.ts'
import type { AliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'

/** A read model for tests: replays the whole log on every query. Slow, and never behind. */
export function replayingQueries(store: EventStore): Queries {
  async function slots() {
    const found = new Map<string, { state: AliasState; scope: Scope; revision: number; time: string }>()
    const { sequence: untilSequence } = await store.head()
    if (untilSequence === 0) return found
    const signal = AbortSignal.timeout(60_000)
    for await (const { subject, sequence, envelope } of store.readAll({
      fromSequence: 1,
      untilSequence,
      subjects: ['evt.alias.>'],
      signal,
    })) {
      const event = readAliasEvent(envelope)
      const before = found.get(subject)?.state ?? alias.initialState
      const state = alias.evolve(before, event, { sequence, time: envelope.time, actor: envelope.actor })
      found.set(subject, { state, scope: event.data.scope, revision: sequence, time: envelope.time })
    }
    return found
  }

  async function live(at: number): Promise<Map<string, AliasView>> {
    const views = new Map<string, AliasView>()
    for (const [subject, { state, scope, revision, time }] of await slots()) {
      if (!isLive(state, at)) continue
      const { status: _, ...rest } = state
      views.set(subject, { ...rest, scope, revision, updatedAt: time })
    }
    return views
  }

  return {
    async resolveAlias({ chain, name, at }) {
      const views = await live(at)
      return chain.map((scope) => views.get(slotSubject(scope, name))).find((view) => view?.enabled === true)
    },
    async getAlias({ scope, name, at }) {
      return (await live(at)).get(slotSubject(scope, name))
    },
    async listAliases({ scope, prefix = '', target, cursor = '0', limit, at }) {
      if (!/^[0-9]+$/.test(cursor)) throw new RangeError('not a cursor')
      const same = (a: unknown, b: unknown) => b === undefined || JSON.stringify(a) === JSON.stringify(b)
      const all = [...(await live(at)).values()].filter(
        (view) =>
          nameKey(view.name).startsWith(nameKey(prefix)) && same(view.scope, scope) && same(view.target, target),
      )
      const end = Number(cursor) + limit
      return { aliases: all.slice(Number(cursor), end), nextCursor: end < all.length ? String(end) : null }
    },
    async aliasHistory({ scope, name }) {
      const events = await store.readAggregate(slotSubject(scope, name))
      if (events.length === 0) return undefined
      const entries = events.map(({ sequence, envelope }) => ({
        sequence,
        type: envelope.type,
        time: envelope.time,
        actor: envelope.actor,
        commandId: envelope.commandid,
        data: envelope.data,
      }))
      return { entries, nextCursor: null }
    },
    async countAliases({ at }) {
      const views = [...(await live(at)).values()]
      return { total: views.length, active: views.filter((view) => view.enabled).length }
    },
    listAudit: () => Promise.reject(new Error('the audit is asked of Postgres')),
    countAudit: () => Promise.reject(new Error('the audit is asked of Postgres')),
    getChannel: () => Promise.reject(new Error('channels are asked of Postgres')),
    listChannels: () => Promise.reject(new Error('channels are asked of Postgres')),
    getFleetThing: () => Promise.reject(new Error('the fleet is asked of Postgres')),
    listFleetThings: () => Promise.reject(new Error('the fleet is asked of Postgres')),
    deviceSight: () => Promise.reject(new Error('the fleet is asked of Postgres')),
    listSyncRequests: () => Promise.reject(new Error('device sync is asked of Postgres')),
    listSyncAcknowledgements: () => Promise.reject(new Error('device sync is asked of Postgres')),
    getSyncManifest: () => Promise.reject(new Error('device sync is asked of Postgres')),
    listSyncDevices: () => Promise.reject(new Error('device sync is asked of Postgres')),
    getObservation: () => Promise.reject(new Error('observations are asked of Postgres')),
    listObservations: () => Promise.reject(new Error('observations are asked of Postgres')),
    observationSeries: () => Promise.reject(new Error('observations are asked of Postgres')),
    async indexVersions({ scope, limit }) {
      const claims = await store.readAggregate(indexSubject(scope))
      const versions = claims.map(({ envelope }) => {
        const { version, position } = readAliasIndexEvent(envelope).data
        return { version, position, publishedAt: envelope.time }
      })
      return { versions: versions.toReversed().slice(0, limit), nextCursor: null }
    },
    /** Knows which versions there are, but not what they hold. */
    async indexDiff({ scope, from, to }) {
      const { versions } = await this.indexVersions({ scope, limit: 1000 }, AbortSignal.timeout(60_000))
      const [earlier, later] = [from, to].map((wanted) => versions.find(({ version }) => version === wanted))
      return earlier && later ? { from: earlier, to: later, changes: [], nextCursor: null } : undefined
    },
    position: () => store.head(),
    async waitForPosition({ sequence }) {
      const head = await store.head()
      return { reached: head.sequence >= sequence, lag: Math.max(0, sequence - head.sequence) }
    },
  }
}

import test from 'ava'
import fc from 'fast-check'
import { alias, type AliasState, isLive, slotsOf } from '../../domain/alias/alias.ts'
import type { DecisionContext } from '../../domain/decider.ts'
import { nthId } from '../../domain/nth-id.ts'
import type { AliasCommand, AliasSetOperation } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { readAliasEvent } from '../../schemas/events/read-alias-event.ts'
import type { AliasId, ChannelId } from '../../schemas/ids.ts'
import { aliasChangeSet, aliasCommand, AliasLog } from '../projections/alias-events.ts'
import { scenario } from './scenario.ts'

const id = '01JZ0000000000000000000001' as AliasId
const scope = { kind: 'site', site: 'KSEA' } as const
const [feed, spare] = [channel(1), channel(2)]
const facts = { owner: 'ann', description: null, metadata: {}, enabled: true, expiresAt: null }
const { given } = scenario(alias, id)

function channel(n: number) {
  return { kind: 'channel', channelId: `00000000-0000-4000-8000-00000000000${n}` as ChannelId } as const
}
function registered(n: number, name: string, target = feed): AliasEvent {
  return { type: 'alias.registered', data: { ...facts, aliasId: nthId(id, n) as AliasId, scope, name, target } }
}
const set = (...operations: AliasSetOperation[]): AliasCommand => ({
  type: 'alias.apply-change-set',
  data: { operations, onConflict: 'refuse' },
})
const rename = (name: string, newName: string) => ({ op: 'rename', scope, name, newName }) as const
const register = (name: string, target = feed) =>
  ({ op: 'register', scope, name, target, description: null, metadata: {}, enabled: true, expiresAt: null }) as const
const on = <Op extends string>(op: Op, name: string) => ({ op, scope, name })

test('each operation has its event, where each has its slot', (t) =>
  given([], [registered(7, 'B')])
    .when(set(register('A'), on('remove', 'B')))
    .then(t, registered(0, 'A'), {
      type: 'alias.removed',
      data: { aliasId: nthId(id, 7) as AliasId, scope, name: 'B' },
    }))

test('two names are swapped by way of a third, which is left as it was; the ids travel with the names', (t) => {
  const history = [[registered(7, 'A', feed)], [], [registered(8, 'B', spare)]] as const
  const command = set(rename('A', 'tmp'), rename('B', 'A'), rename('tmp', 'B'))
  const [a, tmp, b] = slotsAfter(history, command)
  t.like(a, { aliasId: nthId(id, 8), name: 'A', target: spare })
  t.like(tmp, { status: 'free' })
  t.like(b, { aliasId: nthId(id, 7), name: 'B', target: feed })
  const life = { number: 1, at: '2026-03-01T11:59:59.000Z', by: 'ann' }
  const { enabled, expiresAt, metadata, description, owner } = facts
  given(...history)
    .when(command)
    .then(
      t,
      {
        type: 'alias.changed',
        data: {
          aliasId: nthId(id, 8) as AliasId,
          scope,
          name: 'A',
          changes: ['renamed-away', 'renamed-here'],
          alias: { target: spare, owner, description, metadata, enabled, expiresAt, registered: life },
          from: 'B',
          previous: { aliasId: nthId(id, 7) as AliasId, name: 'A', to: 'B' },
          lookAlikes: [],
        },
      },
      undefined,
      {
        type: 'alias.changed',
        data: {
          aliasId: nthId(id, 7) as AliasId,
          scope,
          name: 'B',
          changes: ['renamed-away', 'renamed-here'],
          alias: { target: feed, owner, description, metadata, enabled, expiresAt, registered: life },
          from: 'A',
          previous: { aliasId: nthId(id, 8) as AliasId, name: 'B', to: 'A' },
          lookAlikes: [],
        },
      },
    )
})

test('a case-only rename within a set is one respelling', (t) =>
  given([registered(7, 'feed')], [])
    .when(set(rename('feed', 'x'), rename('x', 'FEED')))
    .then(
      t,
      {
        type: 'alias.respelled',
        data: { aliasId: nthId(id, 7) as AliasId, scope, name: 'FEED', previousName: 'feed' },
      },
      undefined,
    ))

test('what is registered and removed in one set never was', (t) =>
  given([])
    .when(set(register('A'), on('remove', 'A')))
    .then(t, undefined))

test('what is registered and then changed is registered as it is in the end', (t) =>
  given([], [])
    .when(set(register('A'), { ...on('retarget', 'A'), target: spare }, on('disable', 'A'), rename('A', 'B')))
    .then(t, undefined, {
      type: 'alias.registered',
      data: { ...facts, aliasId: id, scope, name: 'B', target: spare, enabled: false },
    }))

test('two changes of one slot are one event with the whole slot', (t) =>
  given([registered(7, 'A')])
    .when(set({ ...on('retarget', 'A'), target: spare }, on('disable', 'A')))
    .then(t, {
      type: 'alias.changed',
      data: {
        aliasId: nthId(id, 7) as AliasId,
        scope,
        name: 'A',
        changes: ['retargeted', 'disabled'],
        alias: {
          target: spare,
          owner: 'ann',
          description: null,
          metadata: {},
          enabled: false,
          expiresAt: null,
          registered: { number: 1, at: '2026-03-01T11:59:59.000Z', by: 'ann' },
        },
        from: null,
        previous: null,
        lookAlikes: [],
      },
    }))

test('a change that another takes back is none', (t) =>
  given([registered(7, 'A')])
    .when(set(on('disable', 'A'), on('enable', 'A')))
    .then(t, undefined))

test('one refusal refuses all, and names its operation', (t) => {
  const decision = alias.decide(set(register('A'), register('a')), [alias.initialState], context([0]))
  t.like(decision, {
    kind: 'refuse',
    code: 'name_taken',
    violations: [{ field: 'operations.1.name' }],
  })
})

test('an operation meant for another revision refuses the set, or is left out', (t) => {
  const history = [[registered(7, 'A')], []] as const
  const operations = [{ ...on('disable', 'A'), expectedRevision: 5 }, register('B')]
  given(...history)
    .when(set(...operations))
    .thenRefused(t, 'changed_meanwhile')
  given(...history)
    .when({ type: 'alias.apply-change-set', data: { operations, onConflict: 'skip' } })
    .then(t, undefined, registered(1, 'B'))
})

test('a set changes at most 1,000 names', (t) => {
  const names = Array.from({ length: 501 }, (_, n) => `n${n}`)
  const histories = names.flatMap((name, n) => [[registered(n, name)], []])
  given(...histories)
    .when(set(...names.map((name) => rename(name, `${name}_`))))
    .thenRefused(t, 'change_set_too_large')
})

test('a set is its operations one after the other, and its events tell it in full', (t) => {
  fc.assert(
    fc.property(fc.array(aliasCommand, { maxLength: 15 }), aliasChangeSet, (before, command) => {
      const log = new AliasLog()
      for (const one of before) log.send(one)
      const { operations } = command.data
      const start = new Map(log.states)
      const at = Date.parse('2026-03-01T12:00:00.000Z') + log.events.length + 1
      const run = (states: Map<string, AliasState>, one: AliasCommand, newId: string) => {
        const subjects = slotsOf(one)
        const seen = subjects.map((subject) => states.get(subject) ?? alias.initialState)
        const decision = alias.decide(one, seen, { ...context([]), at, newId, actor: 'alice', actsForOthers: true })
        if (decision.kind === 'refuse') return decision
        for (const [i, event] of decision.events.entries()) {
          const [subject, state] = [subjects[i], seen[i]]
          if (event === undefined || subject === undefined || state === undefined) continue
          const read = readAliasEvent({ type: `pharos.${event.type}.v1`, data: event.data })
          t.deepEqual(read, event)
          const recorded = { sequence: 1_000_000, time: new Date(at).toISOString(), actor: 'alice' }
          states.set(subject, alias.evolve(state, read, recorded))
        }
        return undefined
      }
      const oneByOne = new Map(start)
      let refused: number | undefined
      for (const [n, { op, ...data }] of operations.entries()) {
        const refusal = run(oneByOne, { type: `alias.${op}`, data } as AliasCommand, nthId(id, n))
        if (refusal === undefined) continue
        refused = n
        break
      }
      const together = new Map(start)
      const refusal = run(together, command, id)
      t.is(refusal?.message.split(':')[0], refused === undefined ? undefined : `operations.${refused}`)
      if (refused === undefined) t.deepEqual(shown(together, at), shown(oneByOne, at))
    }),
    { numRuns: 2000 },
  )
})

/** What anybody can see at that time. */
function shown(states: ReadonlyMap<string, AliasState>, at: number): object {
  return Object.fromEntries(
    [...states]
      .map(([subject, state]) => {
        const looks = (state.lookAlikes ?? []).filter(
          ({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > at,
        )
        const { lookAlikes: _, ...rest } = state
        return [subject, { ...(isLive(state, at) ? rest : { status: 'free' }), looks }] as const
      })
      .filter(([, { status, looks }]) => status === 'taken' || looks.length > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function context(revisions: readonly number[]): DecisionContext {
  return { at: Date.parse('2026-03-01T12:00:00Z'), actor: 'ann', actsForOthers: false, newId: id, revisions }
}

function slotsAfter(histories: readonly (readonly AliasEvent[])[], command: AliasCommand): readonly AliasState[] {
  const recorded = { sequence: 1, time: '2026-03-01T11:59:59.000Z', actor: 'ann' }
  const states = histories.map((history) =>
    history.reduce((state, event) => alias.evolve(state, event, recorded), alias.initialState),
  )
  const decision = alias.decide(command, states, context(histories.map((history) => history.length)))
  if (decision.kind === 'refuse') throw new Error(decision.message)
  return states.map((state, i) => {
    const event = decision.events[i]
    return event === undefined ? state : alias.evolve(state, event, { ...recorded, sequence: 99 })
  })
}

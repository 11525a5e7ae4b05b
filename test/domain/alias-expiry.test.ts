import test from 'ava'
import fc from 'fast-check'
import { alias, aliasRules, type AliasState, isLive, slotsOf } from '../../domain/alias/alias.ts'
import { lookOf } from '../../domain/alias/look.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { AliasCommand } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasId, ChannelId } from '../../schemas/ids.ts'
import { aliasOperation, AliasLog } from '../projections/alias-events.ts'
import { scenario } from './scenario.ts'

const id = '01JZ0000000000000000000001' as AliasId
const scope = { kind: 'site', site: 'KSEA' } as const
const target = { kind: 'channel', channelId: '00000000-0000-4000-8000-000000000001' as ChannelId } as const
const is = { aliasId: id, scope, name: 'Main_Power_Feed' }
const facts = { target, owner: 'ann', description: null, metadata: {}, enabled: true }
/** The scenario's clock stands at the first of these. */
const now = '2026-03-01T12:00:00.000Z'
const later = '2026-03-01T12:00:00.001Z'
const registered = (expiresAt: string | null): AliasEvent => ({
  type: 'alias.registered',
  data: { ...is, ...facts, expiresAt },
})
const expire: AliasCommand = { type: 'alias.expire', data: { scope, name: 'main_power_feed' } }
const expired: AliasEvent = { type: 'alias.expired', data: { ...is, expiresAt: now } }
const { given } = scenario(alias, id)

test('an alias whose time has come has expired, whoever owns it', (t) =>
  given([registered(now)])
    .when(expire, { actor: 'the clock' })
    .then(t, expired))
test('a millisecond before it has not', (t) =>
  given([registered(later)])
    .when(expire)
    .thenRefused(t, 'alias_not_due'))
test('one that never expires does not', (t) =>
  given([registered(null)])
    .when(expire)
    .thenRefused(t, 'alias_not_due'))
test('one that was given more time does not', (t) =>
  given([registered(now), { type: 'alias.expiry-set', data: { ...is, expiresAt: later } }])
    .when(expire)
    .thenRefused(t, 'alias_not_due'))
test('a disabled one expires too', (t) =>
  given([registered(now), { type: 'alias.disabled', data: is }])
    .when(expire)
    .then(t, expired))
test('where nobody lives nothing happens', (t) => {
  given([]).when(expire).then(t)
  given([registered(now), expired])
    .when(expire)
    .then(t)
})
test('another alias that has come to the slot stays', (t) =>
  given([registered(now), registered(later)])
    .when(expire)
    .thenRefused(t, 'alias_not_due'))
test('afterwards the name is free', (t) => {
  given([registered(now), expired])
    .when({ type: 'alias.register', data: { ...facts, scope, name: is.name, expiresAt: null } })
    .then(t, registered(null))
  given([registered(now), expired])
    .when({ type: 'alias.remove', data: is })
    .thenRefused(t, 'alias_not_found')
})

test('its look is free as well, and what others look like is still known', (t) => {
  const rules = aliasRules('allow')
  const cyrillic = '\u0441\u043e\u0440'
  t.is(lookOf(cyrillic), 'cop')
  const states = new Map<string, AliasState>()
  const send = (command: AliasCommand, at: number): readonly string[] => {
    const subjects = slotsOf(command)
    const before = subjects.map((subject) => states.get(subject) ?? rules.initialState)
    const decision = rules.decide(command, before, { at, actor: 'ann', actsForOthers: true, newId: id, revisions: [] })
    if (decision.kind === 'refuse') return [decision.code]
    return decision.events.flatMap((event, i) => {
      const [subject, state] = [subjects[i], before[i]]
      if (event === undefined || subject === undefined || state === undefined) return []
      states.set(subject, rules.evolve(state, event, { sequence: 1, time: now, actor: 'ann' }))
      return [event.type]
    })
  }
  const at = Date.parse(now)
  const register = (name: string, expiresAt: string | null): AliasCommand => ({
    type: 'alias.register',
    data: { scope, name, target, description: null, metadata: {}, enabled: true, expiresAt },
  })
  send(register('cop', null), at)
  send(register(cyrillic, later), at)
  const plain = slotSubject(scope, 'cop')
  t.deepEqual(states.get(plain)?.lookAlikes, [{ name: cyrillic, expiresAt: later }])
  t.deepEqual(send({ type: 'alias.expire', data: { scope, name: cyrillic } }, at + 1), [
    'alias.expired',
    'alias.look-alikes-changed',
  ])
  t.like(states.get(plain), { status: 'taken', name: 'cop', lookAlikes: undefined })
  t.deepEqual(states.get(slotSubject(scope, cyrillic)), { status: 'free' })
})

test('whether the log says that an alias has expired makes no difference to any decision, nor to who asks', (t) => {
  const ascii = aliasOperation.filter(
    ({ type, data }) => /^[ -~]*$/.test(data.name) && (type !== 'alias.rename' || /^[ -~]*$/.test(data.newName)),
  )
  let met = 0
  fc.assert(
    fc.property(fc.array(ascii, { minLength: 4, maxLength: 40 }), ascii, (before, next) => {
      const log = new AliasLog()
      for (const operation of before) log.send(operation)
      const subjects = slotsOf(next)
      const context = { at: AT, actor: 'alice', actsForOthers: true, newId: id, revisions: subjects.map(() => 1) }
      const untold = subjects.map((subject) => log.states.get(subject) ?? alias.initialState)
      const told = untold.map((state) => {
        const decision = alias.decide(
          { type: 'alias.expire', data: { scope: next.data.scope, name: next.data.name } },
          [state],
          context,
        )
        const event = decision.kind === 'accept' ? decision.events[0] : undefined
        if (event === undefined) return state
        met++
        t.false(isLive(state, AT))
        return alias.evolve(state, event, { sequence: 99, time: now, actor: 'clock' })
      })
      t.deepEqual(alias.decide(next, told, context), alias.decide(next, untold, context))
    }),
    { seed: 20_261_121, numRuns: 500 },
  )
  t.true(met > 20, `${met} had expired`)
})

/** When all has expired to which those operations give an expiry. */
const AT = Date.parse('2026-03-01T12:00:00.041Z')

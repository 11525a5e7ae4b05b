import test from 'ava'
import { alias } from '../../domain/alias/alias.ts'
import type { AliasCommand } from '../../schemas/commands/alias.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import type { AliasId, ChannelId } from '../../schemas/ids.ts'
import { scenario } from './scenario.ts'

const id = '01JZ0000000000000000000001' as AliasId
const scope = { kind: 'site', site: 'KSEA' } as const
const feed = { kind: 'channel', channelId: '00000000-0000-4000-8000-000000000001' as ChannelId } as const
const spare = { kind: 'channel', channelId: '00000000-0000-4000-8000-000000000002' as ChannelId } as const
const is = { aliasId: id, scope, name: 'Main_Power_Feed' }
const facts = { target: feed, owner: 'ann', description: null, metadata: {}, enabled: true, expiresAt: null }
const registered: AliasEvent = { type: 'alias.registered', data: { ...is, ...facts } }
const register = (data: Partial<Extract<AliasCommand, { type: 'alias.register' }>['data']> = {}): AliasCommand => ({
  type: 'alias.register',
  data: {
    scope,
    name: is.name,
    target: feed,
    description: null,
    metadata: {},
    enabled: true,
    expiresAt: null,
    ...data,
  },
})
const { given } = scenario(alias, id)
const past = '2026-03-01T12:00:00.000Z'
const future = '2026-03-01T12:00:00.001Z'

test('a free slot takes a name', (t) => given([]).when(register()).then(t, registered))
test('a taken slot refuses another', (t) =>
  given([registered])
    .when(register({ target: spare }))
    .thenRefused(t, 'name_taken'))
test('a removed name is free', (t) =>
  given([registered, { type: 'alias.removed', data: is }])
    .when(register())
    .then(t, registered))
test('an expired name is free at that millisecond', (t) =>
  given([registered, { type: 'alias.expiry-set', data: { ...is, expiresAt: past } }])
    .when(register())
    .then(t, registered))
test('a name that expires a millisecond later is still taken', (t) =>
  given([registered, { type: 'alias.expiry-set', data: { ...is, expiresAt: future } }])
    .when(register())
    .thenRefused(t, 'name_taken'))
test('an expired alias cannot be changed', (t) =>
  given([registered, { type: 'alias.expiry-set', data: { ...is, expiresAt: past } }])
    .when({ type: 'alias.enable', data: is })
    .thenRefused(t, 'alias_not_found'))
test('an expiry that has passed is refused', (t) =>
  given([])
    .when(register({ expiresAt: past }))
    .thenRefused(t, 'expiry_in_past'))
test('only who acts for others names another owner', (t) => {
  given([])
    .when(register({ owner: 'bob' }))
    .thenRefused(t, 'forbidden')
  given([])
    .when(register({ owner: 'bob' }), { actsForOthers: true })
    .then(t, { ...registered, data: { ...registered.data, ...facts, owner: 'bob' } })
})
test('only the owner changes an alias', (t) => {
  given([registered]).when({ type: 'alias.remove', data: is }, { actor: 'bob' }).thenRefused(t, 'forbidden')
  given([registered])
    .when({ type: 'alias.remove', data: is }, { actor: 'bob', actsForOthers: true })
    .then(t, { type: 'alias.removed', data: is })
})
test('a retarget names the new target', (t) =>
  given([registered])
    .when({ type: 'alias.retarget', data: { ...is, target: spare } })
    .then(t, { type: 'alias.retargeted', data: { ...is, target: spare } }))
test('repeating what already is changes nothing', (t) => {
  given([registered])
    .when({ type: 'alias.retarget', data: { ...is, target: feed } })
    .then(t)
  given([registered]).when({ type: 'alias.enable', data: is }).then(t)
  given([registered])
    .when({ type: 'alias.set-expiry', data: { ...is, expiresAt: null } })
    .then(t)
  given([registered])
    .when({ type: 'alias.describe', data: { scope, name: is.name } })
    .then(t)
  given([registered])
    .when({ type: 'alias.transfer-ownership', data: { ...is, owner: 'ann' } })
    .then(t)
})
test('a rename leaves one slot and brings everything to the other', (t) => {
  given([registered], [])
    .when({ type: 'alias.rename', data: { scope, name: 'main_power_feed', newName: 'Grid' } })
    .then(
      t,
      { type: 'alias.renamed-away', data: { ...is, to: 'Grid' } },
      {
        type: 'alias.renamed-here',
        data: {
          ...is,
          ...facts,
          name: 'Grid',
          from: is.name,
          number: 1,
          registeredAt: '2026-03-01T11:59:59.000Z',
          registeredBy: 'ann',
        },
      },
    )
})
test('a rename onto a taken slot is refused', (t) =>
  given([registered], [registered])
    .when({ type: 'alias.rename', data: { scope, name: is.name, newName: 'Grid' } })
    .thenRefused(t, 'name_taken'))
test('a case-only rename is one event in its own slot', (t) =>
  given([registered])
    .when({ type: 'alias.rename', data: { scope, name: is.name, newName: 'MAIN_POWER_FEED' } })
    .then(t, { type: 'alias.respelled', data: { ...is, name: 'MAIN_POWER_FEED', previousName: is.name } }))
test('a renamed alias keeps its number, its time and its state', (t) => {
  const here: AliasEvent = {
    type: 'alias.renamed-here',
    data: {
      ...is,
      ...facts,
      enabled: false,
      name: 'Grid',
      from: is.name,
      number: 7,
      registeredAt: past,
      registeredBy: 'bob',
    },
  }
  const state = alias.evolve(alias.initialState, here, { sequence: 99, time: future, actor: 'ann' })
  t.like(state, { status: 'taken', number: 7, registeredAt: past, registeredBy: 'bob', enabled: false, name: 'Grid' })
})
test('what is left out of a description stays', (t) =>
  given([registered, { type: 'alias.described', data: { ...is, description: 'mains', metadata: { phase: 3 } } }])
    .when({ type: 'alias.describe', data: { scope, name: is.name, metadata: { phase: 1 } } })
    .then(t, { type: 'alias.described', data: { ...is, description: 'mains', metadata: { phase: 1 } } }))
test('nothing can be done to a name that is not there', (t) => {
  for (const type of ['alias.enable', 'alias.disable', 'alias.remove'] as const)
    given([])
      .when({ type, data: { scope, name: 'Ghost' } })
      .thenRefused(t, 'alias_not_found')
})

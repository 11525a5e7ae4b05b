import test from 'ava'
import { fleet } from '../../domain/fleet/fleet.ts'
import type { UserCommand, UserErasure } from '../../schemas/commands/user.ts'
import { userCommandData } from '../../schemas/commands/user.ts'
import type { FleetEvent } from '../../schemas/events/fleet.ts'
import type { UserEvent } from '../../schemas/events/user.ts'
import { scenario } from './scenario.ts'

const { given } = scenario(fleet, '01J00000000000000000000000')

const details = { companyId: 'c-1', name: 'Ann Ames', email: 'ann@example.com', phone: null }
const register: UserCommand = { type: 'user.register', data: { userId: 'u-1', ...details } }
const change = (changes: object): UserCommand => ({ type: 'user.change', data: { userId: 'u-1', ...changes } })
const remove: UserCommand = { type: 'user.remove', data: { userId: 'u-1' } }
const erase: UserCommand = { type: 'user.erase', data: { userId: 'u-1' } }
const eraseAgain: UserErasure = { type: 'user.erase-again', data: { userId: 'u-1' } }
const company: FleetEvent = { type: 'company.registered', data: { companyId: 'c-2', name: 'Acme' } }
const registered: UserEvent = { type: 'user.registered', data: { userId: 'u-1', ...details } }
const removed: UserEvent = { type: 'user.removed', data: { userId: 'u-1' } }
const erased: UserEvent = { type: 'user.erased', data: { userId: 'u-1' } }

test('a user is registered once', (t) => {
  given([], [company]).when(register).then(t, registered)
  given([registered]).when(register).thenRefused(t, 'user_exists')
})

test('a change says only what is another now', (t) => {
  const ann = given([registered], [company])
  ann
    .when(change({ name: 'Ann Ames', email: null, companyId: 'c-2' }))
    .then(t, { type: 'user.changed', data: { userId: 'u-1', companyId: 'c-2', email: null } })
  ann.when(change({ name: 'Ann Ames', phone: null })).then(t)
  given([registered, { type: 'user.changed', data: { userId: 'u-1', name: 'Ann Bell' } }])
    .when(change({ name: 'Ann Bell', email: 'ann@example.com' }))
    .then(t)
})

test('who is removed is gone, and may come again', (t) => {
  given([registered]).when(remove).then(t, removed)
  given([registered, removed]).when(remove).then(t)
  given([registered, removed])
    .when(change({ name: 'Ann Bell' }))
    .thenRefused(t, 'user_not_found')
  given([registered, removed], [company]).when(register).then(t, registered)
})

test('who is erased stays erased, under this id for ever', (t) => {
  given([registered]).when(erase).then(t, erased)
  given([registered, removed]).when(erase).then(t, erased)
  const gone = given([registered, erased])
  gone.when(erase).then(t)
  for (const command of [register, remove, change({ name: 'Ann Bell' })])
    gone.when(command).thenRefused(t, 'user_erased')
})

test('who was erased in a log that is lost is erased in this one, whatever it knows of them', (t) => {
  for (const before of [[], [registered], [registered, removed]]) given(before).when(eraseAgain).then(t, erased)
  given([erased]).when(eraseAgain).then(t)
  given([erased], [company]).when(register).thenRefused(t, 'user_erased')
})

test('nobody who never was is changed, removed or erased', (t) => {
  for (const command of [remove, erase, change({ name: 'Ann Bell' })])
    given([]).when(command).thenRefused(t, 'user_not_found')
})

test('what a user command must be', (t) => {
  const of = (type: keyof typeof userCommandData, data: object) =>
    userCommandData[type].safeParse(data).error?.issues.map(({ path }) => path.join('.'))
  const good = { userId: 'u-1', companyId: 'c-1', name: 'Ann' }
  t.is(of('user.register', good), undefined)
  t.deepEqual(of('user.register', { ...good, userId: 'u.1' }), ['userId'])
  t.deepEqual(of('user.register', { ...good, email: 'ann' }), ['email'])
  t.deepEqual(of('user.register', { ...good, phone: 'call me' }), ['phone'])
  t.deepEqual(of('user.register', { ...good, name: ' ' }), ['name'])
  t.deepEqual(of('user.change', { userId: 'u-1' }), [''])
  t.is(of('user.change', { userId: 'u-1', phone: null }), undefined)
})

import test from 'ava'
import { channel } from '../../domain/channel/channel.ts'
import { refusedChannel } from '../../domain/channel/known-channel.ts'
import { type ChannelCommand, channelCommandData } from '../../schemas/commands/channel.ts'
import type { ChannelEvent } from '../../schemas/events/channel.ts'
import { channelId } from '../../schemas/ids.ts'
import { scenario } from './scenario.ts'

const { given } = scenario(channel, '01J00000000000000000000000')
const id = channelId.parse('6F1C1C1E-0000-4000-8000-000000000001')
const nothing = { secondary: null, meta: null, description: null, target: null, unit: null, device: null }

function register(more: object = {}): ChannelCommand {
  const data = channelCommandData['channel.register'].parse({ channelId: id, name: 'bitcoin', ...more })
  return { type: 'channel.register', data }
}
function describe(changes: object): ChannelCommand {
  return { type: 'channel.describe', data: channelCommandData['channel.describe'].parse({ channelId: id, ...changes }) }
}
const retire: ChannelCommand = { type: 'channel.retire', data: { channelId: id } }
const registered = (more: object = {}): ChannelEvent => ({
  type: 'channel.registered',
  data: { channelId: id, name: 'bitcoin', ...nothing, author: 'ann', ...more },
})
const retired: ChannelEvent = { type: 'channel.retired', data: { channelId: id } }

test('a channel is registered by its author, who is the actor unless told', (t) => {
  given([])
    .when(register({ unit: 'USD' }))
    .then(t, registered({ unit: 'USD' }))
  given([])
    .when(register({ author: 'bob' }))
    .thenRefused(t, 'forbidden')
  given([])
    .when(register({ author: 'bob' }), { actsForOthers: true })
    .then(t, registered({ author: 'bob' }))
})

test('a UUID is used once, whatever became of it', (t) => {
  given([registered()]).when(register()).thenRefused(t, 'channel_taken')
  given([registered(), retired]).when(register()).thenRefused(t, 'channel_taken')
})

test('only what changes is said, and null clears', (t) => {
  const before = given([registered({ unit: 'USD', description: 'old' })])
  before.when(describe({ name: 'Bitcoin', unit: 'USD', description: null })).then(t, {
    type: 'channel.described',
    data: { channelId: id, changes: { name: 'Bitcoin', description: null } },
  })
  before.when(describe({ unit: 'USD' })).then(t, undefined)
  before.when(describe({})).then(t, undefined)
})

test('what was said before is what later changes are compared with', (t) => {
  const described: ChannelEvent = { type: 'channel.described', data: { channelId: id, changes: { unit: 'EUR' } } }
  given([registered({ unit: 'USD' }), described])
    .when(describe({ unit: 'EUR' }))
    .then(t, undefined)
  given([registered({ unit: 'USD' }), described])
    .when(describe({ unit: 'USD' }))
    .then(t, { type: 'channel.described', data: { channelId: id, changes: { unit: 'USD' } } })
})

test('a retired channel does not change any more; retiring it again is nothing new', (t) => {
  given([registered()]).when(retire).then(t, retired)
  given([registered(), retired]).when(retire).then(t, undefined)
  given([registered(), retired])
    .when(describe({ name: 'x' }))
    .thenRefused(t, 'channel_retired')
})

test('there is nothing to say of what is not registered', (t) => {
  given([])
    .when(describe({ name: 'x' }))
    .thenRefused(t, 'channel_not_found')
  given([]).when(retire).thenRefused(t, 'channel_not_found')
})

test('who acts for nobody else changes only what is their own', (t) => {
  given([registered()]).when(retire, { actor: 'bob' }).thenRefused(t, 'forbidden')
  given([registered()])
    .when(describe({ name: 'x' }), { actor: 'bob' })
    .thenRefused(t, 'forbidden')
  given([registered()]).when(retire, { actor: 'bob', actsForOthers: true }).then(t, retired)
})

test('a channel is observed by anybody, or by its device, until it is retired', (t) => {
  t.is(refusedChannel({ device: null, retired: false }, 'gate-4'), undefined)
  t.is(refusedChannel({ device: 'gate-4', retired: false }, 'gate-4'), undefined)
  t.is(refusedChannel({ device: 'gate-4', retired: false }, 'gate-5')?.code, 'wrong_device')
  t.is(refusedChannel({ device: null, retired: true }, 'gate-4')?.code, 'retired_channel')
  t.is(refusedChannel(undefined, 'gate-4')?.code, 'unknown_channel')
})

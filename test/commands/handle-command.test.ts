import test from 'ava'
import { ulid } from 'ulid'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import { aliases } from '../../commands/alias/aliases.ts'
import { createCommandBus } from '../../commands/command-bus.ts'
import { encodeEvent } from '../../commands/encode-event.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import type { EventStore } from '../../commands/event-store.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { Actor } from '../../schemas/actor.ts'
import type { ActorId } from '../../schemas/ids.ts'
import { PlainEvent } from '../../schemas/plain-event.ts'
import type { Epoch } from '../../schemas/position.ts'

const everything: AccessPolicy = { allows: () => true, actsForOthers: () => false }
const ann: Actor = { id: 'ann' as ActorId, roles: ['operator'] }
const bob: Actor = { id: 'bob' as ActorId, roles: ['operator'] }
const scope = { kind: 'site', site: 'KSEA' } as const
const channel = (n: number) =>
  ({ kind: 'channel', channelId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` }) as const

/** One process: a bus with a cache of its own over the log. */
async function processOver(store: EventStore, policy = everything) {
  const { epoch } = await store.head()
  const bus = createCommandBus([
    commandHandler(aliases, {
      store,
      policy,
      epoch,
      now: () => Date.UTC(2026, 2, 1),
      newId: () => ulid(),
      source: '/test',
    }),
  ])
  return (type: string, data: object, more: object = {}, actor = ann, traced: { traceparent?: string } = {}) =>
    bus.dispatch({
      type,
      body: { commandId: ulid(), data: { scope, name: 'Feed', ...data }, ...more },
      actor,
      ...traced,
    })
}

const newStore = () => new InMemoryEventStore(ulid() as Epoch)

test('a registered alias is accepted with its position, revision and event', async (t) => {
  const send = await processOver(newStore())
  const result = await send('alias.register', { target: channel(1) })
  t.like(result, { status: 'accepted', revision: 1 })
  t.true(
    result.status === 'accepted' && result.position.endsWith('-1') && result.events[0]?.type === 'alias.registered',
  )
})

test('what a command writes stands plainly in the log, traced or not', async (t) => {
  const store = newStore()
  const send = await processOver(store)
  await send('alias.register', { target: channel(1) })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await send('alias.rename', { newName: 'Grid' }, {}, ann, { traceparent })
  const signal = AbortSignal.timeout(60_000)
  for await (const { envelope, ...place } of store.readAll({ fromSequence: 1, untilSequence: 3, signal }))
    t.deepEqual(PlainEvent.of({ ...place, data: encodeEvent(envelope, 10_000) })?.envelope, envelope)
})

test('a retry answers duplicate with the first position, revision and events, whatever came between', async (t) => {
  const store = newStore()
  const commandId = ulid()
  const send = await processOver(store)
  const first = await send('alias.register', { target: channel(1) }, { commandId })
  await send('alias.retarget', { target: channel(2) })
  const restarted = await processOver(store)
  for (const again of [
    await send('alias.register', { target: channel(1) }, { commandId }),
    await restarted('alias.register', { target: channel(1) }, { commandId }),
  ])
    t.deepEqual(again, { ...first, status: 'duplicate' } as typeof again)
})

test('a retried rename answers duplicate with both events', async (t) => {
  const store = newStore()
  const commandId = ulid()
  const send = await processOver(store)
  await send('alias.register', { target: channel(1) })
  const first = await send('alias.rename', { newName: 'Grid' }, { commandId })
  const restarted = await processOver(store)
  const again = await restarted('alias.rename', { newName: 'Grid' }, { commandId })
  t.deepEqual(again, { ...first, status: 'duplicate' } as typeof again)
  t.is(again.status === 'duplicate' ? again.events.length : 0, 2)
})

test('the same command id with another body is refused', async (t) => {
  const send = await processOver(newStore())
  const commandId = ulid()
  await send('alias.register', { target: channel(1) }, { commandId })
  t.like(await send('alias.register', { target: channel(2) }, { commandId }), {
    status: 'rejected',
    code: 'command_id_reused',
  })
})

test("a command id is its actor's own: another's use of it is another command", async (t) => {
  const send = await processOver(newStore())
  const commandId = ulid()
  await send('alias.register', { target: channel(1) }, { commandId })
  t.like(await send('alias.register', { target: channel(1), name: 'Other' }, { commandId }, bob), {
    status: 'accepted',
  })
  t.like(await send('alias.register', { target: channel(1) }, { commandId }, bob), {
    status: 'rejected',
    code: 'name_taken',
  })
})

test('after 64 other commands the retry is no longer known', async (t) => {
  const send = await processOver(newStore())
  const commandId = ulid()
  await send('alias.register', { target: channel(0) }, { commandId })
  for (let n = 1; n <= 63; n++) await send('alias.retarget', { target: channel(n) })
  t.like(await send('alias.register', { target: channel(0) }, { commandId }), { status: 'duplicate' })
  await send('alias.retarget', { target: channel(64) })
  t.like(await send('alias.register', { target: channel(0) }, { commandId }), {
    status: 'rejected',
    code: 'name_taken',
  })
})

test('a refusal is never answered from a stale cache', async (t) => {
  const store = newStore()
  const [here, there] = [await processOver(store), await processOver(store)]
  await here('alias.register', { target: channel(1) })
  await there('alias.remove', {})
  t.like(
    await here('alias.register', { target: channel(2) }),
    { status: 'accepted' },
    'the name was taken here, but freed there',
  )
  t.like(
    await there('alias.retarget', { target: channel(3) }),
    { status: 'accepted' },
    'the name was free there, but taken here',
  )
})

test('nor is "nothing to change"', async (t) => {
  const store = newStore()
  const [here, there] = [await processOver(store), await processOver(store)]
  await here('alias.register', { target: channel(1) })
  await there('alias.retarget', { target: channel(2) })
  const back = await here('alias.retarget', { target: channel(1) })
  t.is(back.status === 'accepted' ? back.events.length : -1, 1)
})

test('an acceptance from a stale cache is decided anew', async (t) => {
  const store = newStore()
  const [here, there] = [await processOver(store), await processOver(store)]
  await here('alias.register', { target: channel(1) })
  await there('alias.disable', {})
  t.like(await here('alias.retarget', { target: channel(2) }), { status: 'accepted', revision: 3 })
})

test('expectedRevision holds or the answer is conflict with the actual one', async (t) => {
  const send = await processOver(newStore())
  t.like(await send('alias.register', { target: channel(1) }, { expectedRevision: 4 }), {
    status: 'conflict',
    expected: 4,
    actual: 0,
  })
  t.like(await send('alias.register', { target: channel(1) }, { expectedRevision: 0 }), { status: 'accepted' })
  t.like(await send('alias.disable', {}, { expectedRevision: 0 }), { status: 'conflict', expected: 0, actual: 1 })
  t.like(await send('alias.disable', {}, { expectedRevision: 1 }), { status: 'accepted', revision: 2 })
})

test('a dry run decides and writes nothing', async (t) => {
  const store = newStore()
  const send = await processOver(store)
  t.like(await send('alias.register', { target: channel(1) }, { dryRun: true }), {
    status: 'accepted',
    dryRun: true,
    revision: 0,
  })
  t.is((await store.head()).sequence, 0)
  await send('alias.register', { target: channel(1) })
  t.like(await send('alias.register', { target: channel(1) }, { dryRun: true }), {
    status: 'rejected',
    code: 'name_taken',
  })
})

test('a hundred commands on one alias at once are all accepted, in turn', async (t) => {
  const store = newStore()
  const send = await processOver(store)
  await send('alias.register', { target: channel(0) })
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, n) => send('alias.retarget', { target: channel(n + 1) })),
  )
  t.true(results.every(({ status }) => status === 'accepted'))
  t.is(await store.lastRevision(slotSubject(scope, 'Feed')), 101)
})

test('crossing renames end, and leave one alias of each', async (t) => {
  const store = newStore()
  const send = await processOver(store)
  await send('alias.register', { target: channel(1) })
  const results = await Promise.all([
    send('alias.rename', { newName: 'Grid' }),
    send('alias.rename', { name: 'Grid', newName: 'Feed' }),
  ])
  t.deepEqual(
    results.map(({ status }) => status),
    ['accepted', 'accepted'],
  )
})

test('bad input names its field', async (t) => {
  const send = await processOver(newStore())
  const fields = async (data: object) => {
    const result = await send('alias.register', data)
    return result.status === 'rejected' ? result.violations.map(({ field }) => field) : []
  }
  t.deepEqual(await fields({ target: { kind: 'channel', channelId: 'x' } }), ['data.target.channelId'])
  t.deepEqual(await fields({ target: channel(1), name: ' Feed' }), ['data.name'])
  t.deepEqual(await fields({ target: channel(1), name: 'ключ'.repeat(50) }), ['data.name'])
  t.deepEqual(await fields({ target: channel(1), expiresAt: 'soon' }), ['data.expiresAt'])
  t.deepEqual(await fields({ target: channel(1), colour: 'red' }), ['data.colour'])
  t.deepEqual(await fields({ target: channel(1), description: 'a\u0000' }), ['data.description'])
  t.deepEqual(await fields({ target: channel(1), metadata: { note: '\ud800' } }), ['data.metadata'])
  const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
  t.deepEqual(await fields({ target: channel(1), metadata: { deep } }), ['data.metadata'])
  t.deepEqual(await fields({ target: channel(1), metadata: { large: JSON.parse('1e400') } }), ['data.metadata'])
  t.deepEqual(await fields({ target: { kind: 'endpoint', url: 'ftp://x' } }), ['data.target.url'])
  t.deepEqual(await fields({ target: channel(1), scope: { kind: 'context', context: 'Global' } }), [
    'data.scope.context',
  ])
})

test('an unknown command and a malformed one are refused', async (t) => {
  const store = newStore()
  const { epoch } = await store.head()
  const bus = createCommandBus([
    commandHandler(aliases, { store, policy: everything, epoch, now: Date.now, newId: () => ulid(), source: '/test' }),
  ])
  t.like(await bus.dispatch({ type: 'alias.explode', body: {}, actor: ann }), {
    status: 'rejected',
    code: 'unknown_command',
  })
  const malformed = await bus.dispatch({ type: 'alias.register', body: { commandId: 'x', data: {} }, actor: ann })
  t.like(malformed, { status: 'rejected', code: 'invalid_command', violations: [{ field: 'commandId' }] })
})

test('who may not write is told so before anything is read', async (t) => {
  const send = await processOver(newStore(), { allows: () => false, actsForOthers: () => false })
  t.like(await send('alias.register', { target: channel(1) }), { status: 'forbidden' })
})

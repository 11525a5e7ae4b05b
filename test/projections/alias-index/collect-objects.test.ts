import { Objm } from '@nats-io/obj'
import { jetstreamManager } from '@nats-io/jetstream'
import test from 'ava'
import { collectObjects, KEEP_MS } from '../../../projections/alias-index/collect-objects.ts'
import { registered } from '../alias-events.ts'
import { IndexWorld } from './index-world.ts'

const SEA = { kind: 'site', site: 'KSEA' } as const

test('replaced objects go an hour after they were replaced, and leave nothing behind; the current ones stay', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin({ splitAbove: 20 })
  const { signal } = new AbortController()
  for (let round = 0; round < 3; round++) {
    await world.aliasEvents(...Array.from({ length: 50 }, (_, n) => registered(n + 1, SEA, `name-${round}-${n}`)))
    await world.step(publisher)
  }
  await world.send('alias.remove', { scope: SEA, name: 'name-0-0' })
  await world.step(publisher)
  const content = await world.published('site.KSEA')
  const before = await world.objects.list()
  t.true(before.length > 10)
  t.is(await collectObjects(world, { now: Date.now(), signal }), 0, 'nothing was replaced for an hour')
  const later = Date.now() + KEEP_MS + 60_000
  t.true((await collectObjects(world, { now: later, signal })) > 5)
  t.deepEqual(await world.published('site.KSEA'), content)
  const left = await world.objects.list()
  t.true(left.every(({ name }) => /\/v[34](\.\d+)?\.json$/.test(name)))
  const manager = await jetstreamManager(world.connection)
  const { state } = await manager.streams.info('OBJ_alias-index')
  t.is(state.messages, left.length * 2, 'no tombstones')
  t.is(await collectObjects(world, { now: later, signal }), 0)
})

test('pieces of an object whose store was cut off are found and removed; one that may still be under way stays', async (t) => {
  const world = await IndexWorld.create(t)
  const { signal } = new AbortController()
  await world.aliasEvents(registered(1, SEA, 'Main'))
  await world.step(await world.begin())
  const manager = await jetstreamManager(world.connection)
  await world.connection.request('$O.alias-index.C.lost', new Uint8Array(1000), { timeout: 60_000 })
  const messages = async () => (await manager.streams.info('OBJ_alias-index')).state.messages
  t.is(await messages(), 3)
  t.is(await collectObjects(world, { now: Date.now(), signal }), 0)
  t.is(await messages(), 3)
  t.is(await collectObjects(world, { now: Date.now() + KEEP_MS + 60_000, signal }), 1)
  t.is(await messages(), 2)
  t.is((await world.published('site.KSEA')).length, 1)
})

test('any client of the Object Store can read an object, small or large, and checks its digest', async (t) => {
  const world = await IndexWorld.create(t)
  const store = await new Objm(world.connection).open('alias-index')
  for (const [name, size] of [
    ['x/v1.json', 100],
    ['x/v2.json', 700_000],
    ['x/=F0=9F=9B=AB >*/v3.json', 1],
  ] as const) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7) % 251)
    const put = await world.objects.put(name, bytes, { from: 1, to: 2 })
    t.true(put.wasStored)
    t.deepEqual(Uint8Array.from(put.held ?? []), bytes)
    t.deepEqual(Uint8Array.from((await store.getBlob(name)) ?? []), bytes)
    t.deepEqual(await world.objects.label(name), { from: 1, to: 2 })
    const again = await world.objects.put(name, Uint8Array.of(1, 2, 3), { from: 1, to: 2 })
    t.false(again.wasStored)
    t.deepEqual(Uint8Array.from(again.held ?? []), bytes, 'it is never overwritten')
  }
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      world.objects.put(`same/v${n % 25}.json`, Uint8Array.of(n), { from: n, to: n }),
    ),
  )
  t.is(many.filter(({ wasStored }) => wasStored).length, 25, 'of two at once one is stored')
  t.is(await world.objects.get('nothing'), undefined)
})

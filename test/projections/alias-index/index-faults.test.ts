import { Kvm } from '@nats-io/kv'
import test from 'ava'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import { collectObjects, KEEP_MS } from '../../../projections/alias-index/collect-objects.ts'
import type { IndexPorts } from '../../../projections/alias-index/index-ports.ts'
import { UnreadablePointer } from '../../../projections/alias-index/unreadable-pointer.ts'
import { ALIAS_INDEX_PROGRESS_KEY, pointerKey } from '../../../schemas/alias-index-keys.ts'
import { registered, channel } from '../alias-events.ts'
import { IndexWorld } from './index-world.ts'

const SEA = { kind: 'site', site: 'KSEA' } as const
const KEY = 'site.KSEA'
const target = (n: number) => ({ kind: 'channel', channelId: channel(n) }) as const

/** The process dies here. */
class Killed extends Error {
  override readonly name = 'Killed'
}

const kill = (): never => {
  throw new Killed()
}

/** Where a publisher dies: after the claim is in the log, after the object is stored, after the pointer has moved. */
function dying(world: IndexWorld, after: 'claim' | 'object' | 'pointer'): Partial<IndexPorts> {
  const { claims, pointers } = world.ports()
  switch (after) {
    case 'claim':
      return {
        claims: {
          claim: async (...args) => (await claims.claim(...args)) && kill(),
          latest: (...args) => claims.latest(...args),
        },
      }
    case 'object':
      return { pointers: withMove(world, async () => kill()) }
    case 'pointer':
      return { pointers: withMove(world, async (...args) => (await pointers.move(...args)) && kill()) }
  }
}

function withMove(world: IndexWorld, move: IndexPorts['pointers']['move']): IndexPorts['pointers'] {
  const { pointers } = world
  return {
    move,
    read: (scopeKey) => pointers.read(scopeKey),
    all: () => pointers.all(),
    readProgress: () => pointers.readProgress(),
  }
}

function withPut(world: IndexWorld, put: IndexPorts['objects']['put']): IndexPorts['objects'] {
  const { objects } = world
  return {
    put,
    get: (name) => objects.get(name),
    label: (name) => objects.label(name),
    list: () => objects.list(),
    remove: (name) => objects.remove(name),
    removeFragments: (before) => objects.removeFragments(before),
  }
}

for (const after of ['claim', 'object', 'pointer'] as const)
  for (const known of [0, 40])
    test.serial(
      `killed after the ${after}, with ${known} names before: the next run finishes the claimed version`,
      async (t) => {
        const world = await IndexWorld.create(t)
        let version = 0
        if (known > 0) {
          const names = Array.from({ length: known }, (_, n) => registered(n + 1, SEA, `before-${n}`))
          await world.aliasEvents(...names)
          await world.step(await world.begin())
          version = 1
        }
        const before = await world.pointer(KEY)
        await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
        const dead = await world.begin(dying(world, after))
        await t.throwsAsync(world.step(dead), { instanceOf: Killed })
        if (after !== 'pointer') t.deepEqual(await world.pointer(KEY), before, 'nobody sees it yet')
        const successor = await world.begin()
        await world.step(successor)
        t.like(await world.pointer(KEY), {
          version: version + 1,
          position: (before?.position ?? 0) + (known > 0 ? 2 : 1),
        })
        t.is(await claims(world), version + 1, 'the version was claimed once')
        t.deepEqual(await world.published(KEY), await world.held(KEY))
        await world.send('alias.remove', { scope: SEA, name: 'Main' })
        await world.step(successor)
        t.like(await world.pointer(KEY), { version: version + 2 })
        t.deepEqual(await world.published(KEY), await world.held(KEY))
        t.deepEqual(world.alarms, [])
      },
    )

test.serial(
  'killed after the claim, and the tables have gone on: the next version covers it, and no number comes again',
  async (t) => {
    const world = await IndexWorld.create(t)
    await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
    await t.throwsAsync(world.step(await world.begin(dying(world, 'claim'))), { instanceOf: Killed })
    await world.send('alias.retarget', { scope: SEA, name: 'Main', target: target(2) })
    await world.project()
    await world.step(await world.begin())
    t.like(await world.pointer(KEY), { version: 2 })
    t.deepEqual(await world.published(KEY), await world.held(KEY))
    t.is(await claims(world), 2)
  },
)

test.serial(
  'two publishers at once: no version twice, the content is right, and neither is in the way of the other',
  async (t) => {
    const world = await IndexWorld.create(t)
    const sites = Array.from({ length: 20 }, (_, n) => ({ kind: 'site', site: `site-${n}` }) as const)
    const [one, other] = [await world.begin(), await world.begin({}, await world.tables.session(aliasIndex))]
    for (let round = 0; round < 5; round++) {
      await world.aliasEvents(...sites.map((site, n) => registered(n + 1, site, `name-${round}`)))
      const at = await world.project()
      await Promise.all([one.publish(at), other.publish(at)])
      // Where both were at work one may have to look again.
      for (const publisher of [await world.begin(), await world.begin({}, await world.tables.session(aliasIndex))])
        await publisher.publish(at)
      for (const { site } of sites) {
        const pointer = await world.pointer(`site.${site}`)
        t.is(pointer?.position, at.sequence, `${site} in round ${round}`)
      }
    }
    for (const { site } of sites) t.deepEqual(await world.published(`site.${site}`), await world.held(`site.${site}`))
    await world.project()
    const { rows } = await world.client.query<{ count: number; versions: number }>(
      'select count(*)::int as count, count(distinct (scope_key, version))::int as versions from index_versions',
    )
    t.is(rows[0]?.count, rows[0]?.versions)
    t.deepEqual(world.alarms, [])
  },
)

test.serial('a pointer never goes back: a publisher that wakes late moves nothing', async (t) => {
  const world = await IndexWorld.create(t)
  await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
  const [asleep, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const late = await world.begin({
    pointers: withMove(world, async (...args) => {
      asleep.resolve()
      await awake.promise
      return world.pointers.move(...args)
    }),
  })
  const at = await world.project()
  const waking = late.publish(at)
  await asleep.promise
  const current = await world.begin({}, await world.tables.session(aliasIndex))
  await current.publish(at)
  for (const n of [2, 3]) {
    await world.send('alias.retarget', { scope: SEA, name: 'Main', target: target(n) })
    await world.step(current)
  }
  const before = await world.pointers.read(KEY)
  t.like(before, { value: { version: 3 } })
  awake.resolve()
  await waking
  t.deepEqual(await world.pointers.read(KEY), before)
  t.deepEqual(await world.published(KEY), await world.held(KEY))
})

test.serial(
  'an object that comes back changed: alarm, the last good version stays, others go on; later another version',
  async (t) => {
    const world = await IndexWorld.create(t)
    const clock = { now: 1_000_000 }
    let damaging = false
    const publisher = await world.begin({
      now: () => clock.now,
      objects: withPut(world, async (name, bytes, label) => {
        const result = await world.objects.put(name, bytes, label)
        if (!damaging || !name.startsWith(KEY)) return result
        return { ...result, held: result.held?.map((byte) => byte ^ 1) }
      }),
    })
    await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
    await world.step(publisher)
    const good = await world.pointer(KEY)
    damaging = true
    await world.send('alias.retarget', { scope: SEA, name: 'Main', target: target(2) })
    await world.send('alias.register', { scope: { kind: 'global' }, name: 'Clock', target: target(3) })
    await world.step(publisher)
    t.deepEqual(await world.pointer(KEY), good)
    t.like(await world.pointer('global'), { version: 1 })
    t.deepEqual(
      world.alarms.map(({ scopeKey }) => scopeKey),
      [KEY],
    )
    t.is((await world.pointers.readProgress())?.value?.position, good?.position, 'not everything is published')
    damaging = false
    const at = await world.store.head()
    await publisher.publish(at)
    t.deepEqual(await world.pointer(KEY), good, 'not at once')
    clock.now += 1_001
    await publisher.publish(await world.project())
    t.like(await world.pointer(KEY), { version: 3 }, 'version 2 has a damaged object')
    t.deepEqual(await world.published(KEY), await world.held(KEY))
    t.is(world.alarms.length, 1)
    t.true(((await world.pointers.readProgress())?.value?.position ?? 0) >= at.sequence)
  },
)

for (const [what, junk] of [
  ['no JSON', 'not a pointer'],
  ['of newer code', '{"version":1,"kind":"of a later release"}'],
] as const)
  test.serial(
    `a pointer that is ${what}: alarm, it stays as it is and its objects too, others go on; once removed all is published`,
    async (t) => {
      const world = await IndexWorld.create(t)
      const clock = { now: Date.now() }
      await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
      await world.step(await world.begin())
      const good = await world.pointer(KEY)
      const kv = await new Kvm(world.connection).open('schema')
      await kv.put(pointerKey(KEY), junk)
      await kv.put(ALIAS_INDEX_PROGRESS_KEY, junk)
      await world.send('alias.retarget', { scope: SEA, name: 'Main', target: target(2) })
      await world.send('alias.register', { scope: { kind: 'global' }, name: 'Clock', target: target(3) })
      const publisher = await world.begin({ now: () => clock.now })
      await world.step(publisher)
      t.like(await world.pointer('global'), { version: 1 })
      t.is((await kv.get(pointerKey(KEY)))?.string(), junk)
      t.deepEqual(
        world.alarms.map(({ scopeKey, error }) => [scopeKey, error instanceof UnreadablePointer]),
        [[KEY, true]],
      )
      const later = { now: clock.now + 2 * KEEP_MS, signal: AbortSignal.timeout(20_000) }
      t.is(await collectObjects(world.ports(), later), 0)
      t.not(await world.objects.get(good?.object ?? ''), undefined)
      await kv.delete(pointerKey(KEY))
      clock.now += 1_001
      const at = await world.project()
      await publisher.publish(at)
      t.like(await world.pointer(KEY), { version: 2, deltas: [] })
      t.deepEqual(await world.published(KEY), await world.held(KEY))
      t.is((await world.pointers.readProgress())?.value?.position, at.sequence)
    },
  )

test.serial(
  'a store that fails: alarm, the last good version stays, and the claimed one is finished later',
  async (t) => {
    const world = await IndexWorld.create(t)
    const clock = { now: 1_000_000 }
    let failing = true
    const publisher = await world.begin({
      now: () => clock.now,
      objects: withPut(world, (...args) =>
        failing ? Promise.reject(new Error('insufficient storage')) : world.objects.put(...args),
      ),
    })
    await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
    await world.step(publisher)
    t.is(await world.pointer(KEY), undefined)
    t.is(world.alarms.length, 1)
    failing = false
    clock.now += 1_001
    await publisher.publish(await world.project())
    t.like(await world.pointer(KEY), { version: 1, position: 1 })
    t.is(await claims(world), 1)
  },
)

async function claims(world: IndexWorld): Promise<number> {
  let count = 0
  const { sequence: untilSequence } = await world.store.head()
  const range = { fromSequence: 1, untilSequence, subjects: ['evt.alias-index.>'] }
  for await (const _ of world.store.readAll({ ...range, signal: AbortSignal.timeout(60_000) })) count++
  return count
}

import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import test from 'ava'
import { slotSubject } from '../../../domain/alias/slot.ts'
import { EPOCH_KEY } from '../../../infra/jetstream/epoch-key.ts'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import { indexPublication } from '../../../projections/alias-index/index-publisher.ts'
import { readCheckpoint } from '../../../projections/checkpoint.ts'
import { ReadModel } from '../../../projections/queries/read-model.ts'
import { findIndexVersion } from '../../../projections/queries/index-versions.ts'
import { readFrom } from '../../../projections/queries/read.ts'
import { rebuildProjector } from '../../../projections/rebuild.ts'
import { aliases } from '../../../projections/tables/aliases.ts'
import { CheckpointWatch } from '../../../projections/wait-for-position.ts'
import { eventually } from '../../support/infrastructure.ts'
import { channel, LATER_EPOCH, registered, ulid } from '../alias-events.ts'
import { IndexWorld } from './index-world.ts'

const SEA = { kind: 'site', site: 'KSEA' } as const
const GATE = { kind: 'node', site: 'KSEA', node: 'gate 4' } as const
const KEY = 'site.KSEA'
const target = (n: number) => ({ kind: 'channel', channelId: channel(n) }) as const

test.serial('while a job runs nothing of its scopes is published; then all of it at once', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin()
  const digest = 'a'.repeat(64)
  const counts = { added: 2, changed: 0, removed: 0, unchanged: 0, refused: 0, conflicts: 0 }
  const [one, another, unknown] = [ulid(1), ulid(2), ulid(3)]
  await world.send('alias.register', { scope: SEA, name: 'Before', target: target(1) })
  await world.step(publisher)
  await world.jobEvent('alias-job.started', { jobId: one, kind: 'import', indexScopes: [KEY], digest })
  await world.send('alias.register', { scope: GATE, name: 'First', target: target(2) })
  await world.send('alias.register', { scope: { kind: 'global' }, name: 'Clock', target: target(3) })
  await world.step(publisher)
  t.like(await world.pointer(KEY), { version: 1 })
  t.like(await world.pointer('global'), { version: 1 })
  await world.jobEvent('alias-job.started', { jobId: another, kind: 'rollback', indexScopes: [KEY, 'global'], digest })
  await world.send('alias.remove', { scope: { kind: 'global' }, name: 'Clock' })
  await world.send('alias.register', { scope: SEA, name: 'Second', target: target(4) })
  // Whoever begins meanwhile is held back too.
  for (const at of [publisher, await world.begin()]) await world.step(at)
  t.like(await world.pointer(KEY), { version: 1 })
  t.like(await world.pointer('global'), { version: 1 }, 'held since a job has named it')
  await world.jobEvent('alias-job.failed', { jobId: unknown, reason: 'not one of these', counts })
  await world.jobEvent('alias-job.completed', { jobId: one, counts })
  await world.step(publisher)
  t.like(await world.pointer(KEY), { version: 1 }, 'the other job holds it still')
  await world.jobEvent('alias-job.failed', { jobId: another, reason: 'given up', counts })
  await world.step(publisher)
  t.like(await world.pointer(KEY), { version: 2 })
  t.like(await world.pointer('global'), { version: 2 })
  t.is((await world.published(KEY)).length, 3)
  t.deepEqual(await world.published('global'), [])
})

test.serial('a scope with a parked event publishes no version until somebody has decided about it', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin()
  await world.send('alias.register', { scope: GATE, name: 'Before', target: target(1) })
  await world.step(publisher)
  const subject = slotSubject(GATE, 'poison')
  await world.append({ subject, type: 'alias.registered', data: { nonsense: true } })
  await world.send('alias.register', { scope: SEA, name: 'After', target: target(2) })
  await world.send('alias.register', { scope: { kind: 'global' }, name: 'Clock', target: target(3) })
  for (const at of [publisher, await world.begin()]) await world.step(at)
  t.like(await world.pointer(KEY), { version: 1 })
  t.like(await world.pointer('global'), { version: 1 })
  const { rowCount } = await world.client.query('delete from parked')
  t.is(rowCount, 1)
  await publisher.publish(await world.project())
  t.like(await world.pointer(KEY), { version: 2 })
  t.deepEqual(await world.published(KEY), await world.held(KEY))
})

test.serial(
  'a restored log is another epoch: every scope gets a pointer of it, and no version number comes again',
  async (t) => {
    const world = await IndexWorld.create(t)
    await world.send('alias.register', { scope: SEA, name: 'Kept', target: target(1) })
    await world.step(await world.begin())
    await world.send('alias.register', { scope: { kind: 'context', context: 'lost' }, name: 'Lost', target: target(2) })
    await world.send('alias.register', { scope: SEA, name: 'Lost', target: target(2) })
    await world.step(await world.begin())
    t.like(await world.pointer(KEY), { version: 2 })
    t.like(await world.pointer('context.lost'), { version: 1 })

    // What was after the backup is in the pointers, but no longer in the log.
    await world.client.query(`delete from index_entries where name = 'Lost'`)
    await world.client.query(`delete from index_scopes where scope_key = 'context.lost'`)
    await world.client.query(`delete from index_versions where revision > 2`)
    await world.client.query('update checkpoint set epoch = $1', [LATER_EPOCH])
    const manager = await jetstreamManager(world.connection)
    const { config } = await manager.streams.info('EVENTS')
    await manager.streams.update('EVENTS', { ...config, metadata: { ...config.metadata, [EPOCH_KEY]: LATER_EPOCH } })
    const publisher = await world.begin()
    await publisher.publish({ epoch: LATER_EPOCH, sequence: (await readCheckpoint(world.client)).position })

    t.like(await world.pointer(KEY), { version: 3, epoch: LATER_EPOCH, baseVersion: 3 })
    t.like(await world.pointer('context.lost'), { version: 2, epoch: LATER_EPOCH })
    t.deepEqual(await world.published(KEY), [`/Kept → ${channel(1)} 1 0`])
    t.deepEqual(await world.published('context.lost'), [])
    t.like(await world.pointers.readProgress(), { value: { epoch: LATER_EPOCH } })
  },
)

test.serial('a rebuild publishes the differences, and nothing where there are none', async (t) => {
  const world = await IndexWorld.create(t)
  await world.aliasEvents(registered(1, SEA, 'Main'), registered(2, { kind: 'global' }, 'Clock'))
  await world.step(await world.begin())
  await world.step(await world.begin())
  const { signal } = new AbortController()
  const options = { database: world.tables.database, log: world.store, signal }
  t.like(await rebuildProjector(aliasIndex, options), { status: 'swapped' }, 'all tables are equal')
  const same = await world.tables.session(aliasIndex)
  await world.step(await world.begin({}, same), same)
  t.like(await world.pointer(KEY), { version: 1 })
  t.like(await world.pointers.readProgress(), { value: { generation: 2 } })

  // The new code means something else by the same events.
  t.like(await rebuildProjector(aliasIndex, options), { status: 'swapped' })
  const other = await world.tables.session(aliasIndex)
  await other.query(`update index_entries set name = 'MAIN' where scope_key = $1`, [KEY])
  const publisher = await world.begin({}, other)
  await world.step(publisher, other)
  t.like(await world.pointer(KEY), { version: 2, baseVersion: 2 })
  t.like(await world.pointer('global'), { version: 1 })
  t.deepEqual((await world.published(KEY)).length, 1)
  t.true((await world.published(KEY))[0]?.startsWith('/MAIN'))
  t.like(await world.pointers.readProgress(), { value: { generation: 3 } })
})

test.serial('tables made anew publish nothing before they know all that was published', async (t) => {
  const world = await IndexWorld.create(t)
  await world.aliasEvents(registered(1, SEA, 'One'))
  await world.aliasEvents(registered(2, SEA, 'Two'))
  await world.step(await world.begin())
  const before = await world.pointers.read(KEY)
  await world.client.query('truncate index_entries, index_scopes, index_versions')
  await world.client.query('update checkpoint set position = 0')
  const publisher = await world.begin()
  const { epoch } = await world.store.head()
  await publisher.publish({ epoch, sequence: 0 })
  await publisher.publish({ epoch, sequence: 1 })
  t.deepEqual(await world.pointers.read(KEY), before)
  await world.step(publisher)
  t.deepEqual(await world.pointers.read(KEY), before)
  await world.send('alias.remove', { scope: SEA, name: 'One' })
  await world.step(publisher)
  t.like(await world.pointer(KEY), { version: 2 })
  t.is((await world.published(KEY)).length, 1)
})

test.serial('lost pointers come back, under a version that was never used', async (t) => {
  const world = await IndexWorld.create(t)
  for (const n of [1, 2]) {
    await world.send('alias.register', { scope: SEA, name: `Name ${n}`, target: target(n) })
    await world.step(await world.begin())
  }
  const manager = await jetstreamManager(world.connection)
  await manager.streams.purge('KV_schema')
  const publisher = await world.begin()
  await world.step(publisher)
  t.true(((await world.pointer(KEY))?.version ?? 0) >= 2)
  t.deepEqual(await world.published(KEY), await world.held(KEY))
  t.deepEqual(world.alarms, [])
})

test.serial(
  'versions, what changed between them, and where they stand; a content that comes back is a new version',
  async (t) => {
    const world = await IndexWorld.create(t)
    const publisher = await world.begin()
    const slot = { scope: SEA, name: 'Main' } as const
    const contents: (readonly string[])[] = []
    for (let n = 1; n <= 9; n++) {
      if (n === 1) await world.send('alias.register', { ...slot, target: target(1) })
      else if (n === 7) await world.send('alias.register', { scope: GATE, name: 'Extra', target: target(7) })
      else await world.send('alias.retarget', { ...slot, target: target(n) })
      await world.step(publisher)
      contents.push(await world.published(KEY))
    }
    // What a rollback of version 9 to version 5 is made of: plain events.
    await world.send('alias.retarget', { ...slot, target: target(5) })
    await world.send('alias.remove', { scope: GATE, name: 'Extra' })
    await world.step(publisher)
    t.like(await world.pointer(KEY), { version: 10 })
    t.deepEqual(await world.published(KEY), contents[4])
    await world.send('alias.disable', slot)
    await world.step(publisher)
    t.like(await world.pointer(KEY), { version: 11 })

    await world.project()
    const history = await world.tables.session(aliases)
    await world.project(history, aliases)
    const model = new ReadModel(world.tables.pool, new CheckpointWatch(world.tables.pool))
    const signal = AbortSignal.timeout(60_000)
    const first = await model.indexVersions({ scope: SEA, limit: 6 }, signal)
    t.deepEqual(
      first.versions.map(({ version }) => version),
      [11, 10, 9, 8, 7, 6],
    )
    const rest = await model.indexVersions({ scope: SEA, limit: 6, cursor: first.nextCursor ?? '' }, signal)
    t.deepEqual(
      rest.versions.map(({ version }) => version),
      [5, 4, 3, 2, 1],
    )
    t.is(rest.nextCursor, null)
    const read = readFrom(world.tables.pool, signal)
    t.deepEqual(await findIndexVersion(read, { scope: SEA, version: 5 }), rest.versions[0])
    t.is(await findIndexVersion(read, { scope: SEA, version: 99 }), undefined)

    const diff = async (from: number, to: number, limit = 100) =>
      (await model.indexDiff({ scope: SEA, from, to, limit }, signal))?.changes.map(
        ({ kind, scope, before, after }) => [kind, scope.kind, before?.target, after?.target],
      )
    t.deepEqual(await diff(5, 10), [])
    t.deepEqual(await diff(6, 9), [
      ['added', 'node', undefined, target(7)],
      ['changed', 'site', target(6), target(9)],
    ])
    t.deepEqual(await diff(9, 6), [
      ['removed', 'node', target(7), undefined],
      ['changed', 'site', target(9), target(6)],
    ])
    t.deepEqual(await diff(10, 11), [['removed', 'site', target(5), undefined]])
    const page = await model.indexDiff({ scope: SEA, from: 6, to: 9, limit: 1 }, signal)
    t.is(page?.changes.length, 1)
    const next = await model.indexDiff({ scope: SEA, from: 6, to: 9, limit: 1, cursor: page?.nextCursor ?? '' }, signal)
    t.deepEqual([next?.changes[0]?.kind, next?.nextCursor], ['changed', null])
    t.is(await model.indexDiff({ scope: SEA, from: 6, to: 99, limit: 1 }, signal), undefined)
  },
)

test.serial('the projector runs: what is sent becomes visible, and a position can be waited for', async (t) => {
  const world = await IndexWorld.create(t)
  const kv = await new Kvm(world.connection).open('schema')
  const seen: string[] = []
  const watch = await kv.watch()
  const watching = (async () => {
    for await (const { key } of watch) seen.push(key)
  })()
  const runner = world.tables.run(world.store, { projector: aliasIndex, publication: indexPublication(world.ports()) })
  await runner.untilState('live')
  for (let n = 0; n < 20; n++) await world.send('alias.register', { scope: SEA, name: `name-${n}`, target: target(n) })
  const { sequence } = await world.store.head()
  await eventually(async () => ((await world.pointers.readProgress())?.value?.position ?? 0) >= sequence, {
    timeoutMs: 60_000,
  })
  t.is((await world.published(KEY)).length, 20)
  await runner.stop()
  watch.stop()
  t.is(seen.filter((key) => key.startsWith('alias_index.')).length > 0, true)
  const pointers = seen.flatMap((key, i) => (key === `alias_index.${KEY}` ? [seen[i + 1]] : []))
  t.true(
    pointers.every((next) => next === 'alias_index_progress'),
    'the progress key comes with each pointer',
  )
  await world.connection.close()
  await watching
})

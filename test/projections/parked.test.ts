import test from 'ava'
import { aggregatesHeldBy } from '../../projections/aggregates-held-by.ts'
import { Halted } from '../../projections/halted.ts'
import { projectorStatus } from '../../projections/lag.ts'
import { listParked } from '../../projections/list-parked.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import { AliasLog, GLOBAL_SCOPE, registered } from './alias-events.ts'
import { FaultyProjector, spoilt } from './poison.ts'
import { ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'
import { aliasLog, decide, names, slot } from './parked-support.ts'

const never = new AbortController().signal

test('an event that cannot be applied holds back its aggregate; all others go on', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(4)]
  made.send({ type: 'alias.disable', data: slot('name-3') })
  made.send({ type: 'alias.disable', data: slot('name-4') })
  log.add(...made.events.map((event) => (event.sequence === 3 ? spoilt(event) : event)))
  const runner = world.run(log)
  await world.untilPosition(6)
  t.deepEqual(await names(world), ['name-1', 'name-2', 'name-4'])
  t.like(await runner.untilState('live'), { position: 6 })
  const [parked, ...others] = await listParked(world.pool)
  t.deepEqual(others, [])
  t.like(parked, { projector: 'aliases', position: 3, held: [{ aggregate: 'evt.alias.global.name-3', from: 3 }] })
  t.regex(parked?.error ?? '', /ZodError/)
  const [status] = await projectorStatus(world.pool, () => log.head())
  t.like(status, { state: 'live', held: 1, error: null, lagEvents: 0 })
  t.deepEqual(await aggregatesHeldBy(world.pool, 'aliases', 'evt.alias.global.'), [
    { aggregate: 'evt.alias.global.name-3', from: 3 },
  ])
  t.deepEqual(await aggregatesHeldBy(world.pool, 'aliases', 'evt.alias.site.'), [])
})

test('a command with one poisoned event is held whole, and so is whatever later commands tie to it', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(3)]
  t.true(made.send({ type: 'alias.rename', data: { ...slot('name-1'), newName: 'a' } }))
  t.true(made.send({ type: 'alias.rename', data: { ...slot('name-2'), newName: 'b' } }))
  t.true(made.send({ type: 'alias.rename', data: { ...slot('b'), newName: 'name-1' } }))
  t.true(made.send({ type: 'alias.disable', data: slot('name-3') }))
  log.add(...made.events)
  const faulty = new FaultyProjector([5])
  world.run(log, { projector: faulty.projector })
  await world.untilPosition(made.events.length)
  t.deepEqual(await names(world), ['name-1', 'b', 'name-3'], 'as before the first command that touched them')
  const [parked] = await listParked(world.pool)
  t.is(parked?.position, 4, 'the first event of the command')
  t.deepEqual(
    parked?.held.map(({ aggregate, from }) => `${aggregate.split('.').at(-1)} ${from}`),
    ['name-1 4', 'a 5', 'b 8'],
  )
  t.regex(parked?.held[2]?.error ?? '', /its command at 8 also changes evt\.alias\.global\.name-1/)
  faulty.mend()
  t.is(await decide(world, 'replay', 4), 'released')
  t.deepEqual(await names(world), ['a', 'name-1', 'name-3'])
  t.deepEqual(await listParked(world.pool), [])
})

test('a rebuild parks what the live tables park, and nothing once the code is mended', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(5_000)]
  made.send({ type: 'alias.rename', data: { ...slot('name-1'), newName: 'a' } })
  log.add(...made.events)
  const faulty = new FaultyProjector([17, 5_002])
  const runner = world.run(log, { projector: faulty.projector })
  await world.untilPosition(5_002)
  const [parked, hashes] = [await listParked(world.pool), await world.hashes()]
  t.deepEqual(
    parked.map(({ position, held }) => [position, held.length]),
    [
      [17, 1],
      [5_001, 2],
    ],
  )
  const rebuild = () => rebuildProjector(faulty.projector, { database: world.database, log, signal: never })
  t.like(await rebuild(), { status: 'swapped', generation: aliases.version + 1, tables: [] })
  t.deepEqual(await world.hashes(), hashes)
  t.deepEqual(
    (await listParked(world.pool)).map(({ position, held }) => ({ position, held })),
    parked.map(({ position, held }) => ({ position, held })),
  )
  // The live owner goes on with the new tables, and holds back what they hold back.
  log.add(made.record({ type: 'alias.disabled', data: { aliasId: aliasId(17), ...slot('name-17') } }))
  log.add(made.record(registered(5_004, GLOBAL_SCOPE, 'later')))
  await world.untilPosition(5_004)
  t.is((await listParked(world.pool))[0]?.held[0]?.from, 17)
  await runner.stop()

  faulty.mend()
  t.like(await rebuild(), { status: 'swapped', generation: aliases.version + 2 })
  t.deepEqual(await listParked(world.pool), [])
  t.is((await names(world)).length, 5_001)
  const again = await rebuild()
  t.deepEqual(again.status === 'swapped' && again.tables.map(({ isEqual }) => isEqual), [true, true, true])
  function aliasId(n: number) {
    const state = made.states.get(made.events[n - 1]?.subject as never)
    return state?.status === 'taken' ? state.aliasId : (undefined as never)
  }
})

test('tables that a release without parking has made go on, and can park', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(3)]
  log.add(...made.events.slice(0, 1))
  const before = world.run(log)
  await world.untilPosition(1)
  await before.stop()
  await world.pool.query(`
    create or replace view pharos.parked as
      select null::text as projector, null::text collate "C" as aggregate, null::bigint as from_position,
        null::bigint as position, null::text as error, null::timestamptz as parked_at
      where false;
    drop table pharos_aliases_v2.parked;
    update pharos_system.projections set digest = 'of that release'`)
  log.add(...made.events.slice(1))
  const faulty = new FaultyProjector([2])
  world.run(log, { projector: faulty.projector })
  await world.untilPosition(3)
  t.deepEqual(await names(world), ['name-1', 'name-3'])
  t.is((await listParked(world.pool))[0]?.position, 2)
})

test('a projector that can apply nothing stops, rather than hold back the world', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), new AliasLog()]
  for (let n = 1; n <= 11_000; n++)
    made.record(registered(n, GLOBAL_SCOPE, `name-${n}`), undefined, (n - 1) % 1_000, 1_000)
  log.add(...made.events)
  const broken = { ...aliases, apply: () => Promise.reject(new Error('a bug')) }
  const error = await world.run(log, { projector: broken }).stopped
  t.true(error instanceof Halted && error.halt === 'failed')
  const [status] = await projectorStatus(world.pool, () => log.head())
  t.is(status?.state, 'failed')
  t.true(status !== undefined && status.held > 5_000 && status.held <= 10_000 && status.held === status.position)
})

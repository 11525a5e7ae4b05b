import test from 'ava'
import fc from 'fast-check'
import type { Client } from 'pg'
import { aggregatesHeldBy } from '../../projections/aggregates-held-by.ts'
import { attendParked } from '../../projections/attend-parked.ts'
import { splitIntoCommands } from '../../projections/command-boundary.ts'
import { type HeldAggregates, NOTHING_HELD } from '../../projections/held-aggregates.ts'
import { Halted } from '../../projections/halted.ts'
import { projectorStatus } from '../../projections/lag.ts'
import { listParked } from '../../projections/list-parked.ts'
import type { ParkedNotice } from '../../projections/parked-mirror.ts'
import { parkedOutcome, requestParked } from '../../projections/parked-requests.ts'
import { projectBatch } from '../../projections/project-batch.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { hashTables } from '../../projections/row-hash.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { eventually } from '../support/infrastructure.ts'
import { aliasCommand, AliasLog, EPOCH, GLOBAL_SCOPE, registered } from './alias-events.ts'
import { FaultyProjector, spoilt } from './poison.ts'
import { applyBatch, ProjectionWorld, resetTables } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const never = new AbortController().signal
const slot = (name: string) => ({ scope: GLOBAL_SCOPE, name })

function aliasLog(count: number): AliasLog {
  const log = new AliasLog()
  for (let n = 1; n <= count; n++) log.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  return log
}

async function names(world: ProjectionWorld): Promise<readonly string[]> {
  const { rows } = await world.pool.query<{ alias: string }>('select alias from pharos.aliases order by id')
  return rows.map((row) => row.alias)
}

/** Asks, and waits until the owner has done it. */
async function ask(world: ProjectionWorld, action: 'replay' | 'discard', position: number): Promise<string> {
  const request = { projector: 'aliases', epoch: EPOCH, position, action, actor: 'ada', reason: 'because' }
  const id = await requestParked(world.pool, request)
  return eventually(() => parkedOutcome(world.pool, id), { what: `${action} of ${position}`, timeoutMs: 15_000 })
}

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
  const [status] = await projectorStatus(world.pool, await log.head())
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
  t.is(await ask(world, 'replay', 4), 'released')
  t.deepEqual(await names(world), ['a', 'name-1', 'name-3'])
  t.deepEqual(await listParked(world.pool), [])
})

test('replay after the mending gives what a fresh rebuild gives, whatever was poison and however it was split', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const schema = 'pharos_aliases_v1'
  const property = fc.asyncProperty(
    fc.array(aliasCommand, { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
    async (commands, picks, sizes) => {
      const made = new AliasLog()
      for (const command of commands) made.send(command)
      fc.pre(made.events.length > 0)
      await resetTables(client)
      await applyBatch(client, made.events)
      const sound = await hashTables(client, schema)

      const faulty = new FaultyProjector(picks.map((pick) => (pick % made.events.length) + 1))
      await resetTables(client)
      const whole = splitIntoCommands(made.events)
      let [held, at]: [HeldAggregates, number] = [NOTHING_HELD, 0]
      for (let from = 0; from < whole.length;) {
        const size = sizes.next().value
        const events = whole.slice(from, from + size).flat()
        const to = events.at(-1)?.sequence ?? 0
        const batch = { events, from: { epoch: EPOCH, sequence: at }, to, asOf: '2026-03-01T00:00:00.000Z', held }
        held = await projectBatch(client, faulty.projector, batch)
        ;[at, from] = [to, from + size]
      }
      t.true(held.size > 0)
      for (const command of whole) {
        const touched = command.filter(({ subject, sequence }) => sequence >= (held.get(subject)?.from ?? Infinity))
        t.true(touched.length === 0 || touched.length === command.length, 'no command is applied in part')
      }
      t.deepEqual(await history(client), applied(made.events, held))

      faulty.mend()
      const log = new TestLog()
      log.add(...made.events)
      const parts = { client, projector: faulty.projector, log, mirror: undefined, signal: never }
      for (const cause of new Set([...held.values()].map((one) => one.cause))) {
        const request = { projector: 'aliases', epoch: EPOCH, position: cause, actor: 'ada', reason: null } as const
        await requestParked(world.pool, { ...request, action: 'replay' })
      }
      const after = await attendParked({ ...parts, at: { epoch: EPOCH, sequence: at }, held })
      t.is(after.held.size, 0)
      t.deepEqual(await hashTables(client, schema), sound)
    },
  )
  await fc.assert(property, { numRuns: 60 })

  async function history(of: Client): Promise<readonly number[]> {
    const { rows } = await of.query<{ position: string }>('select position from alias_history order by position')
    return rows.map(({ position }) => Number(position))
  }
  function applied(events: readonly RecordedEvent[], held: HeldAggregates): readonly number[] {
    const free = events.filter(({ subject, sequence }) => sequence < (held.get(subject)?.from ?? Infinity))
    return free.map(({ sequence }) => sequence)
  }
})

test('what still cannot be applied is parked again, and what waited for it too; the rest is released', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(3)]
  made.send({ type: 'alias.rename', data: { ...slot('name-1'), newName: 'a' } })
  made.send({ type: 'alias.disable', data: slot('a') })
  log.add(...made.events)
  const faulty = new FaultyProjector([1, 2, 6])
  world.run(log, { projector: faulty.projector })
  await world.untilPosition(6)
  t.deepEqual(
    (await listParked(world.pool)).map(({ position }) => position),
    [1, 2],
  )
  t.is(await ask(world, 'replay', 1), 'held')
  faulty.poison.delete(1)
  t.is(await ask(world, 'replay', 1), 'held')
  t.deepEqual(await names(world), ['a', 'name-3'])
  const [second, sixth] = await listParked(world.pool)
  t.like(second, { position: 2 })
  t.like(sixth, { position: 6, held: [{ aggregate: 'evt.alias.global.a', from: 6 }] })
  t.is(await ask(world, 'replay', 5), 'unknown')
  faulty.mend()
  t.is(await ask(world, 'replay', 6), 'released')
  t.is(await ask(world, 'replay', 2), 'released')
  const runnerHashes = await world.hashes()
  t.is((await rebuildProjector(faulty.projector, { database: world.database, log, signal: never })).status, 'swapped')
  t.deepEqual(await world.hashes(), runnerHashes)
})

test('what is discarded is left out for good, by rebuilds too; what waited for it is applied', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(2)]
  made.send({ type: 'alias.describe', data: { ...slot('name-1'), description: 'never to be seen' } })
  made.send({ type: 'alias.disable', data: slot('name-1') })
  log.add(...made.events.map((event) => (event.sequence === 3 ? spoilt(event) : event)))
  world.run(log)
  await world.untilPosition(4)
  t.is(await ask(world, 'discard', 3), 'released')
  t.deepEqual(await shown(), [{ is_active: false, description: null }])
  const { rows } = await world.pool.query(
    `select position, action, actor, reason, outcome from pharos_system.parked_requests`,
  )
  t.deepEqual(rows, [{ position: '3', action: 'discard', actor: 'ada', reason: 'because', outcome: 'released' }])
  const before = await world.hashes()
  const options = { database: world.database, log, signal: never }
  const rebuilt = await rebuildProjector(aliases, options)
  t.is(rebuilt.status, 'swapped')
  t.deepEqual(await world.hashes(), before)
  t.deepEqual(await listParked(world.pool), [])

  async function shown(): Promise<unknown> {
    const query = 'select is_active, description from pharos.aliases where id = 1'
    return (await world.pool.query(query)).rows
  }
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
  t.like(await rebuild(), { status: 'swapped', generation: 2, tables: [] })
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
  t.like(await rebuild(), { status: 'swapped', generation: 3 })
  t.deepEqual(await listParked(world.pool), [])
  t.is((await names(world)).length, 5_001)
  const again = await rebuild()
  t.deepEqual(again.status === 'swapped' && again.tables.map(({ isEqual }) => isEqual), [true, true, true])
  function aliasId(n: number) {
    const state = made.states.get(made.events[n - 1]?.subject as never)
    return state?.status === 'taken' ? state.aliasId : (undefined as never)
  }
})

test('people are told of what is parked and of what was done about it, at least once, also by the next owner', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(3)]
  log.add(...made.events)
  const faulty = new FaultyProjector([2])
  const told: ParkedNotice[] = []
  let isAway = true
  const parkedMirror = {
    tell: async (notice: ParkedNotice) => {
      if (isAway) throw new Error('away')
      told.push(notice)
    },
  }
  const first = world.run(log, { projector: faulty.projector, parkedMirror })
  await world.untilPosition(3)
  await first.stop()
  isAway = false
  world.run(log, { projector: faulty.projector, parkedMirror })
  await eventually(() => told.length > 0)
  t.like(told[0], { projector: 'aliases', position: 2, state: 'parked', held: 1 })
  t.deepEqual(told[0]?.aggregates, ['evt.alias.global.name-2'])
  t.is(await ask(world, 'discard', 2), 'released')
  await eventually(() => told.some(({ state }) => state === 'discarded'))
  t.like(told.at(-1), { position: 2, state: 'discarded', actor: 'ada', reason: 'because' })
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
  const [status] = await projectorStatus(world.pool, await log.head())
  t.is(status?.state, 'failed')
  t.true(status !== undefined && status.held > 5_000 && status.held <= 10_000 && status.held === status.position)
})

import test from 'ava'
import fc from 'fast-check'
import type { Client } from 'pg'
import { attendParked } from '../../projections/attend-parked.ts'
import { splitIntoCommands } from '../../projections/command-boundary.ts'
import { type HeldAggregates, NOTHING_HELD } from '../../projections/held-aggregates.ts'
import { listParked } from '../../projections/list-parked.ts'
import type { ParkedNotice } from '../../projections/parked-mirror.ts'
import { requestParked } from '../../projections/parked-requests.ts'
import { projectBatch } from '../../projections/project-batch.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { hashTables } from '../../projections/row-hash.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { eventually } from '../support/infrastructure.ts'
import { aliasCommand, AliasLog, EPOCH } from './alias-events.ts'
import { FaultyProjector, spoilt } from './poison.ts'
import { applyBatch, ProjectionWorld, resetTables } from './projection-world.ts'
import { TestLog } from './test-log.ts'
import { aliasLog, decide, names, slot } from './parked-support.ts'

const never = new AbortController().signal

test('replay after the mending gives what a fresh rebuild gives, whatever was poison and however it was split', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const schema = 'pharos_aliases_v2'
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
    const { rows } = await of.query<{ position: string }>(
      'select distinct position from alias_history order by position',
    )
    return rows.map(({ position }) => Number(position))
  }
  /** Positions of what is applied, as far as it is the history of an alias. */
  function applied(events: readonly RecordedEvent[], held: HeldAggregates): readonly number[] {
    const free = events.filter(({ subject, sequence }) => sequence < (held.get(subject)?.from ?? Infinity))
    return free.filter(({ envelope }) => 'aliasId' in envelope.data).map(({ sequence }) => sequence)
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
  t.is(await decide(world, 'replay', 1), 'held')
  faulty.poison.delete(1)
  t.is(await decide(world, 'replay', 1), 'held')
  t.deepEqual(await names(world), ['a', 'name-3'])
  const [second, sixth] = await listParked(world.pool)
  t.like(second, { position: 2 })
  t.like(sixth, { position: 6, held: [{ aggregate: 'evt.alias.global.a', from: 6 }] })
  t.is(await decide(world, 'replay', 5), 'unknown')
  faulty.mend()
  t.is(await decide(world, 'replay', 6), 'released')
  t.is(await decide(world, 'replay', 2), 'released')
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
  t.is(await decide(world, 'discard', 3), 'released')
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
  await eventually(() => told.length > 0, { timeoutMs: 60_000 })
  t.like(told[0], { projector: 'aliases', position: 2, state: 'parked', held: 1 })
  t.deepEqual(told[0]?.aggregates, ['evt.alias.global.name-2'])
  t.is(await decide(world, 'discard', 2), 'released')
  await eventually(() => told.some(({ state }) => state === 'discarded'), { timeoutMs: 60_000 })
  t.like(told.at(-1), { position: 2, state: 'discarded', actor: 'ada', reason: 'because' })
})

test('an owner that is cut off while it replays leaves the request whole for the next; nothing is applied twice', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), aliasLog(60)]
  for (let n = 1; n <= 60; n++) made.send({ type: 'alias.disable', data: slot(`name-${n}`) })
  log.add(...made.events)
  const poison = Array.from({ length: 30 }, (_, index) => 2 * index + 1)
  const faulty = new FaultyProjector(poison)
  world.run(log, { projector: faulty.projector })
  await world.untilPosition(120)
  t.is((await listParked(world.pool)).length, 30)
  faulty.mend()
  const request = { projector: 'aliases', epoch: EPOCH, action: 'replay', actor: 'ada', reason: null } as const
  for (const position of poison) await requestParked(world.pool, { ...request, position })
  const released = async (): Promise<number> => {
    const query = `select from pharos_system.parked_requests where outcome = 'released'`
    return (await world.pool.query(query)).rowCount ?? 0
  }
  for (let cut = 0; (await released()) < 30; cut++) {
    const now = await released()
    await world.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pharos aliases %' and datname = current_database()`,
    )
    if (cut < 5) await eventually(async () => (await released()) > now, { timeoutMs: 60_000 })
    else await eventually(async () => (await released()) === 30, { timeoutMs: 60_000 })
  }
  t.deepEqual(await listParked(world.pool), [])
  const { rows } = await world.pool.query('select count(*)::int as count from pharos.alias_history')
  t.deepEqual(rows, [{ count: 120 }])
  const live = await world.hashes()
  t.is((await rebuildProjector(faulty.projector, { database: world.database, log, signal: never })).status, 'swapped')
  t.deepEqual(await world.hashes(), live)
})

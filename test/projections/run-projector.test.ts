import test from 'ava'
import { setImmediate } from 'node:timers/promises'
import type { Client } from 'pg'
import { LostOwnership, readCheckpoint } from '../../projections/checkpoint.ts'
import type { Projector } from '../../projections/projector.ts'
import { projectorStatus } from '../../projections/lag.ts'
import { projectBatch } from '../../projections/project-batch.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { eventually } from '../support/infrastructure.ts'
import { AliasLog, envelopeOf, EPOCH, GLOBAL_SCOPE, LATER_EPOCH, registered } from './alias-events.ts'
import { DemandedLog } from './demanded-log.ts'
import { ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

function aliasEvents(count: number): AliasLog {
  const log = new AliasLog()
  for (let n = 1; n <= count; n++) log.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  return log
}

/** An event that the projector does not read. */
function foreign(sequence: number, index = 0, count = 1): RecordedEvent {
  const subject = 'evt.channel.1'
  const event = { type: 'channel.registered', data: {} }
  return { sequence, subject, envelope: envelopeOf(event, { n: sequence, subject, index, count }) }
}

async function names(world: ProjectionWorld): Promise<readonly string[]> {
  const { rows } = await world.pool.query<{ alias: string }>('select alias from pharos.aliases order by id')
  return rows.map((row) => row.alias)
}

test('follows the log, and after an end goes on from its checkpoint', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(5)]
  log.add(...events.slice(0, 3))
  const first = world.run(log)
  await world.untilPosition(3)
  await first.stop()
  log.add(...events.slice(3))
  world.run(log)
  await world.untilPosition(5)
  t.deepEqual(await names(world), ['name-1', 'name-2', 'name-3', 'name-4', 'name-5'])
})

test('a projector with a pace applies what comes after a while at once, and a stream in batches', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(3_000)]
  const batches: number[] = []
  const paced: Projector = {
    ...aliases,
    pace: 30_000,
    apply: (batch, transaction) => {
      batches.push(batch.length)
      return aliases.apply(batch, transaction)
    },
  }
  const runner = world.run(log, { projector: paced })
  log.add(...events.slice(0, 1))
  await world.untilPosition(1)
  for (const event of events.slice(1)) {
    log.add(event)
    if (event.sequence % 50 === 0) await setImmediate()
  }
  // As many as may wait do not wait any longer.
  await eventually(() => batches.length >= 2, { timeoutMs: 60_000, what: 'the second batch' })
  await runner.stop()
  // What was read by the stop may have been applied too.
  t.deepEqual(batches.slice(0, 2), [1, 2_000])
})

test('a projector with a pace reads a log that can do so on demand, all that is there and by whole commands', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new DemandedLog()
  const made = aliasEvents(4_500)
  for (const index of [0, 1, 2])
    made.record(registered(index + 4_501, GLOBAL_SCOPE, `part-${index}`), undefined, index, 3)
  log.visibleUntil = 4_502
  log.add(...made.events)
  const batches: number[] = []
  const apply: Projector['apply'] = (batch, transaction) => {
    batches.push(batch.length)
    return aliases.apply(batch, transaction)
  }
  // While it has more than it gives at once, nobody waits for the next.
  world.run(log, { projector: { ...aliases, pace: 60_000, apply } })
  await eventually(() => batches.length >= 2, { timeoutMs: 60_000, what: 'the second batch' })
  t.deepEqual(batches.slice(0, 2), [2_000, 2_000])
  t.true(log.given <= 4_502)
})

test('a command of several events is never half visible', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  const made = new AliasLog()
  made.record(registered(1, GLOBAL_SCOPE, 'alone'))
  for (const index of [0, 1, 2]) made.record(registered(index + 2, GLOBAL_SCOPE, `part-${index}`), undefined, index, 3)
  log.visibleUntil = 3
  log.add(...made.events)
  const runner = world.run(log)
  await runner.untilState('catching-up')
  await world.untilPosition(1)
  t.deepEqual(await names(world), ['alone'])
  log.visibleUntil = Infinity
  log.wake()
  await world.untilPosition(4)
  t.deepEqual(await names(world), ['alone', 'part-0', 'part-1', 'part-2'])
})

test('part of a command that comes while the end of the log is being proven waits for its rest', async (t) => {
  const made = new AliasLog()
  made.record(registered(1, GLOBAL_SCOPE, 'alone'))
  for (const index of [0, 1, 2]) made.record(registered(index + 2, GLOBAL_SCOPE, `part-${index}`), undefined, index, 3)
  const [alone, ...parts] = made.events
  const command = parts.map((event) => ({ ...event, sequence: event.sequence + 1 }))
  /** At its first bounded read, which proves that nothing stands before the end, two thirds of a command come. */
  class BusyLog extends TestLog {
    #isQuiet = true
    override async *readAll(options: Parameters<TestLog['readAll']>[0]) {
      if (options.untilSequence !== undefined && this.#isQuiet) {
        this.#isQuiet = false
        this.add(...command.slice(0, 2))
        for (let turns = 0; turns < 20; turns++) await setImmediate()
      }
      yield* super.readAll(options)
    }
  }
  const world = await ProjectionWorld.create(t)
  const log = new BusyLog()
  log.add(...[alone].filter((event) => event !== undefined), foreign(2))
  world.run(log)
  await world.untilPosition(2)
  t.deepEqual(await names(world), ['alone'])
  log.add(...command.slice(2))
  await world.untilPosition(5)
  t.deepEqual(await names(world), ['alone', 'part-0', 'part-1', 'part-2'])
})

test('a command whose end is of no concern here is applied when the log has passed it', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  const made = new AliasLog()
  made.record(registered(1, GLOBAL_SCOPE, 'first'), undefined, 0, 3)
  made.record(registered(2, GLOBAL_SCOPE, 'second'), undefined, 1, 3)
  log.add(...made.events)
  const runner = world.run(log)
  await runner.untilState('catching-up')
  log.add(foreign(3, 2, 3))
  await world.untilPosition(3)
  t.deepEqual(await names(world), ['first', 'second'])
})

test('a reader of a quiet projector does not hang', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  log.add(...aliasEvents(1).events)
  const runner = world.run(log)
  await runner.untilState('live')
  const watch = new CheckpointWatch(world.pool)
  log.add(foreign(2), foreign(3))
  t.deepEqual(await watch.waitForPosition('aliases', { epoch: EPOCH, sequence: 3 }), {
    status: 'reached',
    position: { epoch: EPOCH, sequence: 3 },
  })
  const late = await watch.waitForPosition('aliases', { epoch: EPOCH, sequence: 9 }, { timeoutMs: 100 })
  t.deepEqual(late, { status: 'timeout', lagEvents: 6 })
  const other = await watch.waitForPosition('aliases', { epoch: LATER_EPOCH, sequence: 1 })
  t.deepEqual(other, { status: 'epoch-mismatch', expected: LATER_EPOCH, actual: EPOCH })
  const many = await Promise.all(
    Array.from({ length: 500 }, () => watch.waitForPosition('aliases', { epoch: EPOCH, sequence: 2 })),
  )
  t.true(many.every((result) => result.status === 'reached'))
})

test('the checkpoint fences an owner that lost: it writes nothing', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [old, current] = [await world.session(), await world.session()]
  const { events } = aliasEvents(2)
  const batch = { from: { epoch: EPOCH, sequence: 0 }, asOf: '2026-03-01T00:00:00.000Z' }
  const project = (client: Client, upTo: number) =>
    projectBatch(client, aliases, { ...batch, events: events.slice(0, upTo), to: upTo })
  await project(current, 1)
  await t.throwsAsync(project(old, 2), { instanceOf: LostOwnership })
  t.deepEqual(await names(world), ['name-1'])
  t.is((await readCheckpoint(old)).position, 1)
})

test('one owner, the other stands by, and takes over when the owner ends or falls silent', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(3)]
  const frozen = new TestLog()
  log.add(...events.slice(0, 1))
  frozen.add(...events.slice(0, 1))
  // An owner whose log never answers says nothing on its session, like a process that was stopped.
  const owner = world.run(frozen, { timing: { lease: 5_000, log: 60_000 } })
  await owner.untilState('live')
  const standby = world.run(log)
  await eventually(() => standby.reports.some(({ state }) => state === 'standby'))
  t.is((await projectorStatus(world.pool, () => log.head()))[0]?.state, 'live')
  const frozenUntil = Promise.withResolvers<void>()
  frozen.head = async () => {
    await frozenUntil.promise
    return log.head()
  }
  await standby.untilState('live')
  log.add(...events.slice(1))
  await world.untilPosition(3)
  // It wakes with an event of its own to write.
  frozen.add(...events.slice(1))
  frozenUntil.resolve()
  await owner.untilState('standby')
  t.deepEqual(await names(world), ['name-1', 'name-2', 'name-3'])
  const [status] = await projectorStatus(world.pool, () => log.head())
  t.like(status, { name: 'aliases', state: 'live', position: 3, lagEvents: 0, lagSeconds: 0, error: null })
})

test('survives the end of its connections, and applies nothing twice', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(400)]
  world.run(log)
  for (const [index, event] of events.entries()) {
    log.add(event)
    if (index % 50 !== 25) continue
    await world.untilPosition(index + 1)
    await world.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pharos aliases %' and datname = current_database()`,
    )
  }
  await world.untilPosition(400)
  t.is((await names(world)).length, 400)
  const { rows } = await world.pool.query('select count(*)::int as count from pharos.alias_history')
  t.deepEqual(rows, [{ count: 400 }])
})

test('tables of another epoch, or ahead of the log, are stale until they are rebuilt', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(3)]
  log.add(...events)
  const runner = world.run(log)
  await world.untilPosition(3)
  await runner.untilState('live')
  log.restore(LATER_EPOCH, events.slice(0, 2))
  await runner.untilState('stale')
  const [status] = await projectorStatus(world.pool, () => log.head())
  t.is(status?.state, 'stale')
  t.regex(status?.error ?? '', /must be rebuilt/)
  log.restore(EPOCH, events.slice(0, 2))
  t.is((await projectorStatus(world.pool, () => log.head()))[0]?.state, 'stale', 'ahead of the log')
  log.restore(EPOCH, events)
  await runner.untilState('live')
})

test('waits for newer code at an event of a newer version, and says so', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(3)]
  const newer = events.map((event) =>
    event.sequence === 2 ? { ...event, envelope: { ...event.envelope, type: 'pharos.alias.registered.v2' } } : event,
  )
  log.add(...newer)
  const runner = world.run(log)
  await runner.untilState('waiting')
  const [status] = await projectorStatus(world.pool, () => log.head())
  t.like(status, { state: 'waiting', position: 1, haltedAt: 2 })
  await eventually(() => runner.reports.some((report) => report.state === 'catching-up'))
  await runner.stop()
  t.deepEqual(await names(world), ['name-1'])
})

test('of two releases with the same tables, the owner shows its views and the standby changes none', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [log, { events }] = [new TestLog(), aliasEvents(3)]
  log.add(...events)
  const views = { ...aliases.views, alias_history: 'select position, alias_id, event from alias_history' }
  const columns = async (): Promise<unknown[]> =>
    (
      await world.pool.query(
        `select from information_schema.columns where table_schema = 'pharos' and table_name = 'alias_history'`,
      )
    ).rows
  const owner = world.run(log)
  await owner.untilState('live')
  const before = await columns()
  const standby = world.run(log, { projector: { ...aliases, views } })
  await standby.untilState('standby')
  t.is((await columns()).length, before.length)
  await owner.stop()
  await standby.untilState('live')
  t.is((await columns()).length, 3)
})

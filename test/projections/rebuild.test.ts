import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type RebuildProgress, rebuildProjector } from '../../projections/rebuild.ts'
import { projectorStatus } from '../../projections/lag.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { Projector } from '../../projections/projector.ts'
import { aliasCommand, AliasLog, channel, GLOBAL_SCOPE, LATER_EPOCH, registered } from './alias-events.ts'
import { ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const never = new AbortController().signal

function aliasLog(count: number): AliasLog {
  const log = new AliasLog()
  for (let n = 1; n <= count; n++) log.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  return log
}

test('rebuilds while reads and writes go on; the tables are the same, and no event is lost', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  const made = aliasLog(3_000)
  log.add(...made.events)
  const runner = world.run(log)
  await world.untilPosition(3_000)

  const stop = new AbortController()
  t.teardown(() => stop.abort())
  let next = 3_000
  const writing = (async () => {
    while (!stop.signal.aborted) {
      next++
      log.add(made.record(registered(next, GLOBAL_SCOPE, `name-${next}`)))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })()
  const counts: number[] = []
  const reading = (async () => {
    while (!stop.signal.aborted) {
      const query = { name: 'count', text: 'select count(*)::int as count from pharos.aliases' }
      const { rows } = await world.pool.query<{ count: number }>(query)
      counts.push(rows[0]?.count ?? -1)
    }
  })()
  const phases: RebuildProgress['phase'][] = []
  const onProgress = ({ phase }: RebuildProgress): void => {
    if (phases.at(-1) !== phase) phases.push(phase)
  }
  for (let round = 1; round <= 3; round++) {
    const result = await rebuildProjector(aliases, { database: world.database, log, signal: never, onProgress })
    t.like(result, { status: 'swapped', generation: aliases.version + round })
    if (result.status !== 'swapped') return
    t.deepEqual(
      result.tables.map(({ table, isEqual }) => ({ table, isEqual })),
      [
        { table: 'alias_history', isEqual: true },
        { table: 'aliases', isEqual: true },
        { table: 'channel_aliases', isEqual: true },
      ],
    )
  }
  stop.abort()
  await Promise.all([writing, reading])
  await world.untilPosition(next)
  t.deepEqual(phases.slice(0, 6), ['replaying', 'indexing', 'comparing', 'catching-up', 'swapping', 'done'])
  t.true(
    counts.length > 3 && counts.every((count, index) => count >= (counts[index - 1] ?? 3_000)),
    'reads saw rows only grow',
  )
  t.is((await world.pool.query('select from pharos.aliases')).rowCount, next)
  const schemas = await world.pool.query<{ nspname: string }>(
    `select nspname from pg_namespace where nspname like 'pharos_aliases%'`,
  )
  t.deepEqual(schemas.rows, [{ nspname: `pharos_aliases_v${aliases.version + 3}` }], 'what was replaced is gone')
  const left = await world.pool.query(
    `select from pg_class where relnamespace = 'pharos_aliases_v${aliases.version + 3}'::regnamespace and 'autovacuum_enabled=off' = any(reloptions)`,
  )
  t.is(left.rowCount, 0, 'Postgres vacuums what was loaded')
  t.false(runner.reports.some((report) => report.state === 'failed' || report.state === 'away'))

  const live = await world.hashes()
  await runner.stop()
  const again = await rebuildProjector(aliases, { database: world.database, log, signal: never })
  t.is(again.status, 'swapped')
  t.deepEqual(await world.hashes(), live, 'a fresh replay gives the same')
})

test('keeps tables that differ from the log unless told to replace them', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  log.add(...aliasLog(10).events)
  const runner = world.run(log)
  await world.untilPosition(10)
  await runner.stop()
  await world.pool.query(`update pharos_aliases_v2.aliases set owner = 'mallory' where id = 3`)
  const kept = await rebuildProjector(aliases, { database: world.database, log, signal: never })
  t.is(kept.status, 'differs')
  t.is(await owner(), 'mallory')
  const repaired = await rebuildProjector(aliases, {
    database: world.database,
    log,
    signal: never,
    acceptDifferences: true,
  })
  t.is(repaired.status, 'swapped')
  t.is(await owner(), 'alice')

  async function owner(): Promise<unknown> {
    const { rows } = await world.pool.query<{ owner: string }>('select owner from pharos.aliases where id = 3')
    return rows[0]?.owner
  }
})

test('brings stale tables to another epoch, and to newer code, which its runner then follows', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  const { events } = aliasLog(10)
  log.add(...events)
  const runner = world.run(log)
  await world.untilPosition(10)
  log.restore(LATER_EPOCH, events.slice(0, 7))
  await runner.untilState('stale')
  t.like(await rebuildProjector(aliases, { database: world.database, log, signal: never }), {
    status: 'swapped',
    tables: [],
  })
  await runner.untilState('live')
  t.is(await world.position(), 7)

  const newer: Projector = {
    ...aliases,
    version: 9,
    views: { ...aliases.views, alias_history: 'select position, alias_id, event from alias_history' },
  }
  const waiting = world.run(log, { projector: newer })
  await waiting.untilState('standby')
  await runner.stop()
  await waiting.untilState('stale')
  t.like(await rebuildProjector(newer, { database: world.database, log, signal: never }), {
    status: 'swapped',
    generation: 9,
  })
  await waiting.untilState('live')
  const [status] = await projectorStatus(world.pool, () => log.head())
  t.like(status, { generation: 9, version: 9, state: 'live', position: 7 })
  const old = world.run(log)
  await old.untilState('standby')
  await waiting.stop()
  await old.untilState('waiting')
})

test('a rebuild that was cut off changes nothing, and the next removes what it left', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  log.add(...aliasLog(5_000).events)
  const runner = world.run(log)
  await world.untilPosition(5_000)
  await runner.stop()
  for (const cut of ['replaying', 'indexing', 'comparing', 'swapping'] as const) {
    const before = await world.hashes()
    const onProgress = ({ phase }: RebuildProgress): void => {
      if (phase === cut)
        void world.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pharos rebuild%' and datname = current_database()`,
        )
    }
    await rebuildProjector(aliases, { database: world.database, log, signal: never, onProgress }).catch(() => undefined)
    t.deepEqual(await world.hashes(), before)
  }
  t.is((await rebuildProjector(aliases, { database: world.database, log, signal: never })).status, 'swapped')
  const schemas = await world.pool.query(`select nspname from pg_namespace where nspname like 'pharos_aliases%'`)
  t.is(schemas.rowCount, 1)
})

function slot(name: string): { readonly scope: typeof GLOBAL_SCOPE; readonly name: string } {
  return { scope: GLOBAL_SCOPE, name }
}

/** More events than are applied at once. */
const BATCHES = 4_500

test('a slot that came free without an event is loaded as the live owner sees it', async (t) => {
  const made = new AliasLog()
  const expiresAt = '2026-03-01T12:00:00.010Z'
  made.record(registered(1, GLOBAL_SCOPE, 'expired', { expiresAt }))
  made.record(registered(2, GLOBAL_SCOPE, 'expired later'))
  t.true(made.send({ type: 'alias.set-expiry', data: { ...slot('expired later'), expiresAt } }))
  made.record(registered(4, GLOBAL_SCOPE, 'removed'))
  made.record(registered(5, GLOBAL_SCOPE, 'described'))
  made.record(registered(6, GLOBAL_SCOPE, 'expired at last', { expiresAt }))
  for (let n = 7; n <= BATCHES; n++) made.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  const target = { kind: 'channel', channelId: channel(9_999) } as const
  const data = { target, description: null, metadata: {}, enabled: true, expiresAt: null }
  t.true(made.send({ type: 'alias.remove', data: slot('removed') }))
  t.true(made.send({ type: 'alias.describe', data: { ...slot('described'), description: 'x' } }))
  t.true(made.send({ type: 'alias.expire', data: slot('expired later') }))
  t.true(made.send({ type: 'alias.expire', data: slot('expired at last') }))
  for (const name of ['expired', 'expired later', 'removed', 'expired at last'])
    t.true(made.send({ type: 'alias.register', data: { ...slot(name), ...data } }))
  t.deepEqual(await rebuiltPhases(t, made), ['replaying', 'indexing', 'comparing', 'catching-up', 'swapping', 'done'])
})

test('slots that change time and again are loaded as the live owner sees them, whatever waits for their rows', async (t) => {
  const made = new AliasLog()
  for (const [i, command] of fc.sample(aliasCommand, { seed: 7, numRuns: 2_000 }).entries()) {
    const name = `name-${i}`
    t.true(made.send({ type: 'alias.register', data: registered(made.events.length + 1, GLOBAL_SCOPE, name).data }))
    made.send(command)
    // Of these some stand in the table, and some have not been written yet.
    for (const back of [1, 40, 700])
      if (i >= back && i % 3 === 0)
        made.send({ type: 'alias.describe', data: { ...slot(`name-${i - back}`), description: name, metadata: {} } })
    if (i >= 400 && i % 5 === 0) made.send({ type: 'alias.remove', data: slot(`name-${i - 400}`) })
  }
  t.deepEqual(await rebuiltPhases(t, made), ['replaying', 'indexing', 'comparing', 'catching-up', 'swapping', 'done'])
})

test('a log that breaks the rules is loaded as the live owner sees it, though not in bulk', async (t) => {
  const made = new AliasLog()
  made.record(registered(1, GLOBAL_SCOPE, 'twice'))
  for (let n = 2; n <= BATCHES; n++) made.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  made.record(registered(BATCHES + 1, GLOBAL_SCOPE, 'twice'))
  t.deepEqual(await rebuiltPhases(t, made), ['replaying', 'comparing', 'catching-up', 'swapping', 'done'])
})

/** Rebuilds what a live owner has made of the log, to the same rows, and answers the phases of that. */
async function rebuiltPhases(t: ExecutionContext, made: AliasLog): Promise<RebuildProgress['phase'][]> {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  log.add(...made.events)
  const runner = world.run(log)
  await world.untilPosition(made.events.length)
  await runner.stop()
  const phases: RebuildProgress['phase'][] = []
  const onProgress = ({ phase }: RebuildProgress): void => {
    if (phases.at(-1) !== phase) phases.push(phase)
  }
  const result = await rebuildProjector(aliases, { database: world.database, log, signal: never, onProgress })
  t.is(result.status, 'swapped')
  t.true(result.status === 'swapped' && result.tables.length === 3 && result.tables.every(({ isEqual }) => isEqual))
  return phases
}

test('one rebuild at a time', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  log.add(...aliasLog(2_000).events)
  const both = await Promise.all(
    [1, 2].map(() => rebuildProjector(aliases, { database: world.database, log, signal: never })),
  )
  t.deepEqual(both.map(({ status }) => status).toSorted(), ['busy', 'swapped'])
})

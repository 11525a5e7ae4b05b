import test from 'ava'
import stringify from 'fast-json-stable-stringify'
import { hash } from 'node:crypto'
import { type AuditVerification, verifyAudit } from '../../projections/audit/verify-audit.ts'
import type { MessageLog } from '../../projections/audit/message-log.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { audit } from '../../projections/tables/audit.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { UNREADABLE_EVENT } from '../../schemas/events/unreadable.ts'
import { AliasLog, envelopeOf, GLOBAL_SCOPE, registered } from './alias-events.ts'
import { ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const never = new AbortController().signal

/** What is hashed, as the documentation says it. */
function chainedBytes(row: Record<string, string>, prev: string): string {
  const { time, actor, action, status, subject, command_id, details } = row
  return JSON.stringify([prev, Number(row['position']), time, actor, action, status, subject, command_id, details])
}

/** A log with something of everything, projected. */
async function auditedWorld(t: { readonly title: string }, count = 12) {
  const world = await ProjectionWorld.create(t)
  const [log, made] = [new TestLog(), new AliasLog()]
  for (let n = 1; n <= count; n++)
    made.record(registered(n, GLOBAL_SCOPE, `name-${n}`, { description: `é\u0000"${n}` }))
  made.send({ type: 'alias.rename', data: { scope: GLOBAL_SCOPE, name: 'name-1', newName: 'other' } })
  log.add(...made.events)
  const runner = world.run(log, { projector: audit })
  await world.untilPosition(made.events.length, 'audit')
  const verify = (): Promise<AuditVerification> => verifyAudit(audit, { database: world.database, log, signal: never })
  return { world, log, made, runner, verify }
}

test('every event is an entry, chained to the one before as the documentation says', async (t) => {
  const { world, made, verify } = await auditedWorld(t)
  const { rows } = await world.pool.query(
    `select *, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time
     from pharos.audit_logs order by id`,
  )
  t.is(rows.length, made.events.length)
  t.like(rows[0], { id: '1', action: 'alias.registered', actor: 'alice', is_archived: false, archived_at: null })
  t.like(rows[0], { stream: 'EVENTS', status: 'accepted', subject: 'evt.alias.global.name-1' })
  t.deepEqual(JSON.parse(rows[0].details).data, made.events[0]?.envelope.data)
  for (const row of rows) t.is(row.details, stringify(JSON.parse(row.details)), 'canonical JSON')
  let prev = '0'.repeat(64)
  for (const row of rows) {
    const bytes = chainedBytes(row, prev)
    t.is(row.prev_hash, prev)
    t.is(row.hash, hash('sha256', bytes))
    prev = row.hash
  }
  t.deepEqual(await verify(), { status: 'intact', entries: rows.length, position: rows.length, hash: prev })
})

test('a rebuild gives the same chain, and bulk and single batches are one', async (t) => {
  const { world, log, made, verify } = await auditedWorld(t, 5_000)
  const before = await verify()
  const rebuilt = await rebuildProjector(audit, { database: world.database, log, signal: never })
  t.is(rebuilt.status === 'swapped' && rebuilt.tables[0]?.isEqual, true)
  t.deepEqual(await verify(), before)
  log.add(made.record(registered(6_000, GLOBAL_SCOPE, 'later')))
  await world.untilPosition(made.events.length, 'audit')
  t.like(await verify(), { status: 'intact', entries: made.events.length })
})

const tampering: readonly [string, string, Partial<AuditVerification>][] = [
  ['an actor', `update audit_entries set actor = 'mallory' where position = 5`, changed(5, 'actor')],
  [
    'a time by a microsecond',
    `update audit_entries set created_at = created_at + '1 us' where position = 5`,
    changed(5, 'created_at'),
  ],
  [
    'details',
    `update audit_entries set details = replace(details, 'name-7', 'name-8') where position = 7`,
    changed(7, 'details'),
  ],
  [
    'where a column ends',
    `update audit_entries set actor = actor || E'\\n' || action, action = '' where position = 5`,
    { status: 'broken', fault: 'changed', position: 5, fields: ['action', 'actor'] },
  ],
  ['a hash', `update audit_entries set hash = repeat('a', 64) where position = 4`, changed(4, 'hash')],
  ['a row', `delete from audit_entries where position = 6`, { status: 'broken', fault: 'missing', position: 6 }],
  [
    'the first row',
    `delete from audit_entries where position = 1`,
    { status: 'broken', fault: 'missing', position: 1 },
  ],
  [
    'the last row',
    `delete from audit_entries where position = 14`,
    { status: 'broken', fault: 'missing', position: 14 },
  ],
  [
    'a row more at the end',
    `insert into audit_entries select 15, action, actor, status, subject, command_id, details, created_at, hash, hash
     from audit_entries where position = 14`,
    { status: 'broken', fault: 'added', position: 15 },
  ],
  [
    'a row more at the beginning',
    `insert into audit_entries select 0, action, actor, status, subject, command_id, details, created_at, prev_hash, hash
     from audit_entries where position = 1`,
    { status: 'broken', fault: 'added', position: 0 },
  ],
  [
    'the order',
    `update audit_entries set position = -3 where position = 3;
     update audit_entries set position = 3 where position = 4;
     update audit_entries set position = 4 where position = -3`,
    { status: 'broken', fault: 'changed', position: 3 },
  ],
]

function changed(position: number, field: string): Partial<AuditVerification> {
  return { status: 'broken', fault: 'changed', position, fields: [field] }
}

for (const [what, sql, expected] of tampering) {
  test(`whoever tampers with ${what} is found out, by position`, async (t) => {
    const { world, runner, verify } = await auditedWorld(t)
    await runner.stop()
    await world.pool.query(sql.replaceAll('audit_entries', 'pharos_audit_v1.audit_entries'))
    t.like(await verify(), expected)
  })
}

test('a forgery with all hashes made to fit is found out all the same: the log does not change', async (t) => {
  const { world, runner, verify } = await auditedWorld(t)
  await runner.stop()
  const { rows } = await world.pool.query(
    `select *, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time
     from pharos_audit_v1.audit_entries order by position`,
  )
  let prev = '0'.repeat(64)
  for (const row of rows) {
    const actor = row.position === '6' ? 'mallory' : row.actor
    const text = chainedBytes({ ...row, actor }, prev)
    await world.pool.query(
      'update pharos_audit_v1.audit_entries set actor = $2, prev_hash = $3, hash = $4 where position = $1',
      [row.position, actor, prev, (prev = hash('sha256', text))],
    )
  }
  t.like(await verify(), { status: 'broken', fault: 'changed', position: 6, fields: ['actor', 'hash'] })
})

test('of a long audit the first fault is named, wherever it is', async (t) => {
  const { world, runner, verify } = await auditedWorld(t, 6_000)
  await runner.stop()
  const intact = await verify()
  t.like(intact, { status: 'intact', entries: 6_002 })
  const faults: readonly [string, Partial<AuditVerification>][] = [
    [`update audit_entries set actor = 'mallory' where position in (5000, 5999)`, changed(5_000, 'actor')],
    // The last row of the first stretch, and the first of the second.
    [`delete from audit_entries where position = 2001`, { status: 'broken', fault: 'missing', position: 2_001 }],
    [`delete from audit_entries where position = 2000`, { status: 'broken', fault: 'missing', position: 2_000 }],
  ]
  for (const [sql, expected] of faults) {
    const { position = 0 } = expected as { position?: number }
    await world.pool.query(sql.replaceAll('audit_entries', 'pharos_audit_v1.audit_entries'))
    t.like(await verify(), { ...expected, entries: position - 1 })
  }
})

test('a verification that is aborted, or whose log or database goes away, ends with that, and leaves no transaction behind', async (t) => {
  const { world, log, runner, verify } = await auditedWorld(t, 3_000)
  await runner.stop()
  const { database } = world
  const options = { database, log, signal: never }
  /** The same log, in which something happens at a position. */
  const logWith = (position: number, happens: () => void): MessageLog => ({
    head: () => log.head(),
    readAll: (range) => log.readAll(range),
    async *readMessages(range) {
      for await (const batch of log.readMessages(range)) {
        if (batch.some(({ sequence }) => sequence === position)) happens()
        yield batch
      }
    },
  })
  const stop = new AbortController()
  const aborting = logWith(2_500, () => stop.abort(new Error('enough')))
  await t.throwsAsync(verifyAudit(audit, { database, log: aborting, signal: stop.signal }), { message: 'enough' })
  const torn = logWith(2_700, () => {
    throw new Error('the log went away')
  })
  await t.throwsAsync(verifyAudit(audit, { ...options, log: torn }), { message: 'the log went away' })
  const ours = `from pg_stat_activity where application_name = 'pharos verify audit' and datname = current_database()`
  const gone: MessageLog = {
    ...torn,
    async *readMessages(range) {
      await world.pool.query(`select pg_terminate_backend(pid) ${ours}`)
      yield* log.readMessages(range)
    },
  }
  await t.throwsAsync(verifyAudit(audit, { ...options, log: gone }), { message: /terminat|connection/ })
  t.deepEqual((await world.pool.query(`select pid ${ours}`)).rows, [])
  t.like(await verify(), { status: 'intact' })
})

test('an entry of several lines is proven as any other, and its lines cannot be shared out anew', async (t) => {
  const { world, runner, log, made, verify } = await auditedWorld(t)
  const sequence = made.events.length + 1
  const subject = 'evt.future.1'
  const envelope = envelopeOf({ type: 'future.invented', data: { said: 'a\nb' } }, { n: sequence, subject })
  log.add({ sequence, subject, envelope: { ...envelope, actor: 'eve\nadded' as typeof envelope.actor } })
  await world.untilPosition(sequence, 'audit')
  t.like(await verify(), { status: 'intact', entries: sequence })
  await runner.stop()
  await world.pool.query(
    `update pharos_audit_v1.audit_entries set actor = 'eve', action = E'added\\n' || action where position = $1`,
    [sequence],
  )
  t.like(await verify(), { status: 'broken', fault: 'changed', position: sequence, fields: ['action', 'actor'] })
})

test('what is no event, or newer than this code, is audited all the same', async (t) => {
  const { world, log, made, verify } = await auditedWorld(t)
  const next = made.events.length + 1
  const subject = 'evt.future.1'
  const newer = envelopeOf({ type: 'future.invented', data: { x: 1 } }, { n: next, subject, version: 7 })
  const stray = envelopeOf({ type: 'x.y', data: { sha256: 'ab' } }, { n: next + 1, subject })
  const events: RecordedEvent[] = [
    { sequence: next, subject, envelope: newer },
    { sequence: next + 1, subject, envelope: { ...stray, type: UNREADABLE_EVENT } },
  ]
  log.add(...events)
  await world.untilPosition(next + 1, 'audit')
  const { rows } = await world.pool.query('select action from pharos.audit_logs where id >= $1 order by id', [next])
  t.deepEqual(rows, [{ action: 'future.invented' }, { action: 'log.unreadable' }])
  t.like(await verify(), { status: 'intact', entries: next + 1 })
})

test('who changed it: the entries of one aggregate', async (t) => {
  const { world } = await auditedWorld(t)
  const { rows } = await world.pool.query(
    `select actor, action from pharos.audit_logs where subject = 'evt.alias.global.name-1' order by id`,
  )
  t.deepEqual(rows, [
    { actor: 'alice', action: 'alias.registered' },
    { actor: 'alice', action: 'alias.renamed-away' },
  ])
})

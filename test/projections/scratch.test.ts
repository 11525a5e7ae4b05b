import test from 'ava'
import type { Client } from 'pg'
import { queryScratch } from '../../projections/as-of/query-scratch.ts'
import { buildScratch, dropScratch, scratchSchemas, sweepScratches } from '../../projections/as-of/scratch.ts'
import { hashTables } from '../../projections/row-hash.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import { channel, EPOCH, GLOBAL_SCOPE, AliasLog } from './alias-events.ts'
import { applyBatch, ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const signal = AbortSignal.timeout(60_000)
const slot = (name: string) => ({ scope: GLOBAL_SCOPE, name })

/** A log of five commands, one of them about two slots, and tables that hold the first `applied` events. */
async function world(t: { readonly title: string }, applied: number) {
  const commands = new AliasLog()
  const target = { kind: 'channel', channelId: channel(7) } as const
  const data = { description: null, metadata: {}, enabled: true, expiresAt: null }
  commands.send({ type: 'alias.register', data: { ...slot('one'), target, ...data } })
  commands.send({
    type: 'alias.register',
    data: { ...slot('two'), target, ...data, expiresAt: '2026-03-01T12:00:00.004Z' },
  })
  commands.send({ type: 'alias.rename', data: { ...slot('one'), newName: 'three' } })
  commands.send({ type: 'alias.remove', data: slot('three') })
  const log = new TestLog()
  log.add(...commands.events)
  const projections = await ProjectionWorld.create(t)
  const client = await projections.session()
  await applyBatch(client, commands.events.slice(0, applied))
  const live = await hashTables(client, 'pharos_aliases_v2')
  const build = (sequence: number, name: string, expiresAt = new Date(Date.now() + 60_000)) =>
    buildScratch(aliases, {
      database: projections.database,
      log,
      signal,
      moment: { position: { epoch: EPOCH, sequence }, at: Date.parse('2026-03-01T12:00:00.003Z') },
      name,
      expiresAt,
    })
  return { projections, client, live, build }
}

async function ask(client: Client, schema: string, sql: string) {
  const rows: unknown[] = []
  await queryScratch(client, { schema, sql }, async (row) => void rows.push(row))
  return rows
}

test('the tables as of a position are those that stood there, beside the live ones', async (t) => {
  const { projections, client, live, build } = await world(t, 2)
  const scratch = await build(2, 'then')
  t.deepEqual(scratch, { schema: 'pharos_at_then', rows: { alias_history: 2, aliases: 2, channel_aliases: 1 } })
  t.deepEqual(await hashTables(client, scratchSchemas('then').tables), live)
  t.deepEqual(await hashTables(client, 'pharos_aliases_v2'), live)
  t.deepEqual(await ask(client, scratch.schema, 'select alias from aliases order by alias'), [
    { alias: 'one' },
    { alias: 'two' },
  ])
  t.is(await projections.position(), 2)
  // Made anew under the same name, with what came after.
  t.like(await build(5, 'then'), { rows: { aliases: 1 } })
})

test('a command that ends later is left out whole', async (t) => {
  const { client, build } = await world(t, 5)
  const { schema } = await build(3, 'half')
  t.deepEqual(await ask(client, schema, 'select alias from aliases order by alias'), [
    { alias: 'one' },
    { alias: 'two' },
  ])
})

test('its views judge expiry at the moment, not now', async (t) => {
  const { client, build } = await world(t, 5)
  const { schema } = await build(5, 'moment')
  t.deepEqual(await ask(client, schema, 'select alias from channel_aliases'), [{ alias: 'two' }])
  t.deepEqual(await ask(client, 'pharos', 'select alias from channel_aliases'), [])
})

test('a query can only read, however it is written', async (t) => {
  const { client, build } = await world(t, 5)
  const { schema } = await build(5, 'closed')
  for (const sql of [
    'delete from pharos_aliases_v2.aliases returning *',
    'select 1; drop schema pharos cascade',
    'select set_config(1)',
  ])
    await t.throwsAsync(ask(client, schema, sql))
  t.is((await ask(client, schema, 'select generate_series(1, 2500) as n')).length, 2500)
  t.deepEqual(await ask(client, 'pharos', 'select count(*)::int as n from aliases'), [{ n: 1 }])
})

test('what is kept for a while is dropped when its time is over, and nothing else', async (t) => {
  const { client, build } = await world(t, 2)
  await build(2, 'old', new Date(1000))
  await build(2, 'fresh', new Date(3000))
  await client.query('create schema pharos_at_stranger')
  t.deepEqual(await sweepScratches(client, new Date(2000)), ['old'])
  t.deepEqual(await sweepScratches(client, new Date(2000)), [])
  const schemas = async () =>
    (
      await client.query<{ nspname: string }>(
        `select nspname from pg_namespace where nspname ~ '^pharos_(at|scratch)_' order by 1`,
      )
    ).rows.map((row) => row.nspname)
  t.deepEqual(await schemas(), ['pharos_at_fresh', 'pharos_at_stranger', 'pharos_scratch_fresh_v1'])
  await dropScratch(client, 'fresh')
  t.deepEqual(await schemas(), ['pharos_at_stranger'])
  t.throws(() => scratchSchemas('Robert"; drop'), { instanceOf: RangeError })
})

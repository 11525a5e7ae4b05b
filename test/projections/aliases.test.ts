import test from 'ava'
import fc from 'fast-check'
import { ProjectionTransaction } from '../../projections/projection-transaction.ts'
import { splitIntoCommands } from '../../projections/command-boundary.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { hashTables } from '../../projections/row-hash.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import { aliasCommand, AliasLog, channel, GLOBAL_SCOPE, registered } from './alias-events.ts'
import { applyBatch, ProjectionWorld, resetTables } from './projection-world.ts'

test('any split into batches gives the same tables, and they are the state of the rules', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const beside = await world.session()
  const schema = 'pharos_aliases_v2'
  const property = fc.asyncProperty(
    fc.array(aliasCommand, { minLength: 1, maxLength: 40 }),
    fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
    async (commands, sizes) => {
      const log = new AliasLog()
      for (const command of commands) log.send(command)
      const whole = splitIntoCommands(log.events)

      await resetTables(client)
      for (const command of whole) await applyBatch(client, command)
      const oneByOne = await hashTables(client, schema)

      await resetTables(client)
      for (let from = 0; from < whole.length;) {
        const size = sizes.next().value
        await applyBatch(client, whole.slice(from, from + size).flat())
        from += size
      }
      t.deepEqual(await hashTables(client, schema), oneByOne)

      await resetTables(client)
      await client.query('begin')
      const load = new ProjectionTransaction(client, beside)
      for (let from = 0; from < whole.length;) {
        const size = sizes.next().value
        await aliases.apply(whole.slice(from, from + size).flat(), load)
        from += size
      }
      await aliases.finishLoad?.(load)
      await load.flush()
      await client.query('commit')
      const loaded = await hashTables(client, schema)
      for (const table of ['aliases', 'alias_history']) t.deepEqual(loaded.get(table), oneByOne.get(table))

      const { rows } = await client.query<{
        alias: string
        alias_id: string
        id: string
        is_active: boolean
        metadata: object
      }>('select alias, alias_id, id, is_active, metadata from aliases')
      const taken = [...log.states.values()].flatMap((state) => (state.status === 'taken' ? [state] : []))
      const byId = (a: { alias_id: string }, b: { alias_id: string }): number => (a.alias_id < b.alias_id ? -1 : 1)
      t.deepEqual(
        rows.map((row) => ({ ...row, id: Number(row.id), metadata: sorted(row.metadata) })).toSorted(byId),
        taken
          .map((state) => ({
            alias: state.name,
            alias_id: state.aliasId as string,
            id: state.number,
            is_active: state.enabled,
            metadata: sorted(state.metadata),
          }))
          .toSorted(byId),
      )
      const history = await client.query<{ count: string }>('select count(*) from alias_history')
      t.is(
        Number(history.rows[0]?.count),
        log.events.map(aliasesIn).reduce((sum, of) => sum + of, 0),
      )
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

test('a batch writes a slot once, however many events it has', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  await client.query(`
    create table writes (slot text);
    create function note() returns trigger language plpgsql as $$
      begin insert into pharos_aliases_v2.writes values (new.name_key); return null; end $$;
    create trigger note after insert or update on aliases for each row execute function note()`)
  const log = new AliasLog()
  const slot = { scope: GLOBAL_SCOPE, name: 'Main' }
  log.send({
    type: 'alias.register',
    data: {
      ...slot,
      target: { kind: 'channel', channelId: channel(1) },
      description: null,
      metadata: {},
      enabled: true,
      expiresAt: null,
    },
  })
  for (let n = 2; n < 50; n++)
    log.send({ type: 'alias.retarget', data: { ...slot, target: { kind: 'channel', channelId: channel(n) } } })
  await applyBatch(client, log.events)
  const { rows } = await client.query('select slot from writes')
  t.deepEqual(rows, [{ slot: 'main' }])
})

test('a channel shows its oldest enabled alias, and the next when that one is disabled, renamed, removed or expired', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const log = new AliasLog()
  const target = { kind: 'channel', channelId: channel(1) } as const
  const primary = async (): Promise<unknown> => {
    const { rows } = await world.pool.query<{ alias: string }>(
      'select alias from pharos.channel_aliases where channel_id = $1',
      [channel(1)],
    )
    return rows.map((row) => row.alias)
  }
  const step = async (...commands: Parameters<AliasLog['send']>[0][]): Promise<unknown> => {
    const before = log.events.length
    for (const command of commands) t.true(log.send(command))
    await applyBatch(client, log.events.slice(before))
    return primary()
  }
  const register = (name: string, more: { enabled?: boolean; expiresAt?: string } = {}) =>
    ({
      type: 'alias.register',
      data: {
        scope: GLOBAL_SCOPE,
        name,
        target,
        description: null,
        metadata: {},
        enabled: true,
        expiresAt: null,
        ...more,
      },
    }) as const
  const slot = (name: string) => ({ scope: GLOBAL_SCOPE, name })

  t.deepEqual(await step(register('off', { enabled: false })), [], 'a disabled alias is as if absent')
  t.deepEqual(await step(register('first'), register('second')), ['first'])
  t.deepEqual(
    await step({ type: 'alias.rename', data: { ...slot('first'), newName: 'zzz' } }),
    ['zzz'],
    'a rename keeps the number',
  )
  t.deepEqual(await step({ type: 'alias.disable', data: slot('zzz') }), ['second'])
  t.deepEqual(await step({ type: 'alias.enable', data: slot('off') }), ['off'])
  t.deepEqual(await step({ type: 'alias.remove', data: slot('off') }), ['second'])
  const past = new Date(Date.parse(log.events.at(-1)?.envelope.time ?? '') + 5).toISOString()
  t.deepEqual(
    await step(register('third'), { type: 'alias.set-expiry', data: { ...slot('second'), expiresAt: past } }),
    ['third'],
    'an expired one gives way at the moment of reading',
  )
})

test('one name means one channel in one place, NULL sites included', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const row = (channelId: string, site: string | null) =>
    client.query(
      `insert into channel_aliases (channel_id, alias, site, metadata, last_updated, alias_id) values ($1, 'Main', $2, '{}', now(), 'x')`,
      [channelId, site],
    )
  await row(channel(1), null)
  await row(channel(2), 'KSEA')
  await t.throwsAsync(row(channel(3), null), { message: /alias_site_unique/ })
  await t.throwsAsync(row(channel(4), 'KSEA'), { message: /alias_site_unique/ })
})

test('two aliases swap their names, and their channels follow, in one batch or two', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const log = new AliasLog()
  log.record(registered(1, GLOBAL_SCOPE, 'a', { target: { kind: 'channel', channelId: channel(1) } }))
  log.record(registered(2, GLOBAL_SCOPE, 'b', { target: { kind: 'channel', channelId: channel(2) } }))
  await applyBatch(client, log.events)
  for (const [name, newName] of [
    ['a', 'c'],
    ['b', 'a'],
    ['c', 'b'],
  ] as const)
    t.true(log.send({ type: 'alias.rename', data: { scope: GLOBAL_SCOPE, name, newName } }))
  await applyBatch(client, log.events.slice(2))
  const { rows } = await world.pool.query('select alias, channel_id from pharos.channel_aliases order by alias')
  t.deepEqual(rows, [
    { alias: 'a', channel_id: channel(2) },
    { alias: 'b', channel_id: channel(1) },
  ])
  const ids = await world.pool.query('select alias, id from pharos.aliases order by alias')
  t.deepEqual(ids.rows, [
    { alias: 'a', id: '2' },
    { alias: 'b', id: '1' },
  ])
})

test('a lone surrogate, which jsonb cannot hold, is shown as U+FFFD and stops nobody', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session()
  const log = new AliasLog()
  log.record(registered(1, GLOBAL_SCOPE, 'odd', { metadata: { 'k\uD800': ['\uDC00', 'tab\t', String.raw`\ud800`] } }))
  await applyBatch(client, log.events)
  const { rows } = await client.query('select metadata from aliases')
  t.deepEqual(rows, [{ metadata: { 'k\uFFFD': ['\uFFFD', 'tab\t', String.raw`\ud800`] } }])
})

test('whoever connects finds the tables without naming a schema', async (t) => {
  const world = await ProjectionWorld.create(t)
  await world.session()
  const client = await world.session()
  await client.query('reset search_path')
  await t.notThrowsAsync(client.query('select channel_id, alias from channel_aliases'))
  await t.notThrowsAsync(client.query('select id, alias, canonical, context from aliases'))
  await t.notThrowsAsync(client.query('select projector, position from projection_checkpoints'))
  const { rows } = await client.query(
    `select relname from pg_class where relnamespace = 'pharos'::regnamespace and relkind <> 'v'`,
  )
  t.deepEqual(rows, [])
})

/** How many aliases an event is about. */
function aliasesIn({ envelope: { data } }: RecordedEvent): number {
  const previous = data['previous'] as { aliasId: string } | null | undefined
  return new Set([data['aliasId'], previous?.aliasId].filter((id) => id !== undefined)).size
}

/** jsonb keeps its keys in an order of its own, and knows no negative zero. */
function sorted(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, of]) => [key, of === 0 ? 0 : of])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
}

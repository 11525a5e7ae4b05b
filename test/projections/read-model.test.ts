import test from 'ava'
import { ReadModel } from '../../projections/queries/read-model.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { Scope } from '../../schemas/scope.ts'
import { AliasLog, channel, EPOCH, GLOBAL_SCOPE, registered } from './alias-events.ts'
import { applyBatch, ProjectionWorld } from './projection-world.ts'

const SITE: Scope = { kind: 'site', site: 'KSEA' }
const NODE: Scope = { kind: 'node', site: 'KSEA', node: 'gate 4' }
const CHAIN = [NODE, SITE, GLOBAL_SCOPE]
const AT = Date.parse('2027-01-01T00:00:00.000Z')

async function readModel(t: { readonly title: string }, log: AliasLog) {
  const world = await ProjectionWorld.create(t)
  await applyBatch(await world.session(), log.events)
  const model = new ReadModel(world.pool, new CheckpointWatch(world.pool))
  return { model, signal: AbortSignal.timeout(60_000) }
}

test('resolves from the nearest scope on, past what is disabled or has expired, to the millisecond', async (t) => {
  const log = new AliasLog()
  log.record(registered(1, GLOBAL_SCOPE, 'Straße'))
  log.record(registered(2, SITE, 'strasse', { expiresAt: new Date(AT).toISOString() }))
  log.record(registered(3, NODE, 'STRASSE', { enabled: false }))
  const { model, signal } = await readModel(t, log)
  const resolve = async (at: number) =>
    (await model.resolveAlias({ chain: CHAIN, name: 'straSSe', at }, signal))?.target
  t.deepEqual(await resolve(AT - 1), { kind: 'channel', channelId: channel(2) })
  t.deepEqual(await resolve(AT), { kind: 'channel', channelId: channel(1) })
  t.is(await model.resolveAlias({ chain: [SITE], name: 'other', at: AT }, signal), undefined)
  t.is((await model.getAlias({ scope: NODE, name: 'strasse', at: AT }, signal))?.enabled, false)
  t.is(await model.getAlias({ scope: SITE, name: 'strasse', at: AT }, signal), undefined)
  t.deepEqual(await model.countAliases({ at: AT }, signal), { total: 2, active: 1 })
  t.deepEqual(await model.countAliases({ at: AT - 1 }, signal), { total: 3, active: 2 })
  t.deepEqual(await model.position(signal, 'aliases'), { epoch: EPOCH, sequence: 3 })
})

test('shows an alias whole, with exact times', async (t) => {
  const log = new AliasLog()
  const more = { description: 'd', metadata: { unit: 'C' }, expiresAt: '2027-01-01T00:00:00.123Z' }
  const { envelope } = log.record(registered(1, NODE, 'Main', more))
  const { model, signal } = await readModel(t, log)
  t.deepEqual(await model.getAlias({ scope: NODE, name: 'main', at: AT }, signal), {
    aliasId: registered(1, NODE, 'Main').data.aliasId,
    number: 1,
    scope: NODE,
    name: 'Main',
    target: { kind: 'channel', channelId: channel(1) },
    owner: 'alice',
    enabled: true,
    registeredAt: envelope.time,
    registeredBy: 'alice',
    updatedAt: envelope.time,
    revision: 1,
    ...more,
  })
})

test('lists by scope, beginning and target, in pages', async (t) => {
  const log = new AliasLog()
  const url = 'https://example.com/'
  let n = 0
  for (const scope of CHAIN) for (const name of ['ab', 'abc', 'b']) log.record(registered(++n, scope, name))
  log.record(registered(++n, { kind: 'context', context: 'frontend' }, 'abx', { target: { kind: 'endpoint', url } }))
  const { model, signal } = await readModel(t, log)
  const all = async (filter: Omit<Parameters<ReadModel['listAliases']>[0], 'at' | 'limit' | 'cursor'>) => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await model.listAliases({ ...filter, at: AT, limit: 2, cursor }, signal)
      found.push(...page.aliases.map((alias) => `${alias.scope.kind}:${alias.name}`))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    return found
  }
  t.is((await all({})).length, 10)
  t.deepEqual(await all({ scope: SITE }), ['site:ab', 'site:abc', 'site:b'])
  t.deepEqual(await all({ prefix: 'AB' }), [
    'context:abx',
    'global:ab',
    'global:abc',
    'node:ab',
    'node:abc',
    'site:ab',
    'site:abc',
  ])
  t.deepEqual(await all({ target: { kind: 'endpoint', url } }), ['context:abx'])
  t.deepEqual(await all({ target: { kind: 'channel', channelId: channel(2) }, scope: NODE }), ['node:abc'])
  await t.throwsAsync(model.listAliases({ at: AT, limit: 1, cursor: 'nonsense' }, signal), { instanceOf: RangeError })
})

test('tells the life of an alias across renames, in pages, after its end too', async (t) => {
  const log = new AliasLog()
  log.record(registered(1, SITE, 'first'))
  t.true(log.send({ type: 'alias.rename', data: { scope: SITE, name: 'first', newName: 'second' } }))
  t.true(log.send({ type: 'alias.remove', data: { scope: SITE, name: 'second' } }))
  log.record(registered(9, SITE, 'first'))
  const { model, signal } = await readModel(t, log)
  const first = await model.aliasHistory({ scope: SITE, name: 'Second', limit: 3 }, signal)
  t.deepEqual(
    first?.entries.map(({ type, sequence }) => [type, sequence]),
    [
      ['alias.registered', 1],
      ['alias.renamed-away', 2],
      ['alias.renamed-here', 3],
    ],
  )
  const rest = await model.aliasHistory(
    { scope: SITE, name: 'second', limit: 3, cursor: first?.nextCursor ?? '' },
    signal,
  )
  t.deepEqual(
    rest?.entries.map((entry) => entry.type),
    ['alias.removed'],
  )
  t.is(rest?.nextCursor, null)
  t.is((await model.aliasHistory({ scope: SITE, name: 'first', limit: 9 }, signal))?.entries.length, 1)
  t.is(await model.aliasHistory({ scope: SITE, name: 'never', limit: 9 }, signal), undefined)
})

test('a read ends when its signal aborts', async (t) => {
  const { model } = await readModel(t, new AliasLog())
  await t.throwsAsync(model.countAliases({ at: AT }, AbortSignal.abort(new Error('enough'))), { message: 'enough' })
})

test('two aliases that swapped their names in one command keep a history each, under the name they have now', async (t) => {
  const log = new AliasLog()
  log.record(registered(1, SITE, 'a'))
  log.record(registered(2, SITE, 'b'))
  const rename = (name: string, newName: string) => ({ op: 'rename', scope: SITE, name, newName }) as const
  const operations = [rename('a', 't'), rename('b', 'a'), rename('t', 'b')]
  t.true(log.send({ type: 'alias.apply-change-set', data: { operations, onConflict: 'refuse' } }))
  t.is(log.events.length, 4, 'one event for each of the two slots')
  const { model, signal } = await readModel(t, log)
  for (const [name, number] of [
    ['a', 2],
    ['b', 1],
  ] as const) {
    const page = await model.aliasHistory({ scope: SITE, name, limit: 10 }, signal)
    t.deepEqual(
      page?.entries.map(({ sequence }) => sequence),
      [number, 3, 4],
    )
    t.is((await model.getAlias({ scope: SITE, name, at: AT }, signal))?.number, number)
  }
})

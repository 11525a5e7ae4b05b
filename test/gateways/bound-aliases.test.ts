import test from 'ava'
import { IndexNotReady } from '../../gateways/client/index.ts'
import { eventually } from '../support/infrastructure.ts'
import { A, aliasClient, B, C, PATIENT } from './alias-client.ts'
import { aliasIndexWorld } from './alias-index-world.ts'
import { AliasIndexPublisher, EPOCH } from './alias-index-publisher.ts'

test('a name is looked for at the node, then the site, then globally', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  await global.base([
    { name: 'Pump', target: C },
    { name: 'Clock', target: 'https://clock.example/', id: 9 },
  ])
  await site.base([
    { name: 'Pump', target: A },
    { node: 'gate-4', name: 'Pump', target: B, id: 7 },
  ])
  const { aliases } = await aliasClient(nats.url)
  const node = aliases.bind({ site: 'KSEA', node: 'gate-4' })
  const other = aliases.bind({ site: 'KSEA', node: 'gate-5' })
  const atSite = aliases.bind({ site: 'KSEA' })
  const everywhere = aliases.bind()
  for (const bound of [node, other, atSite, everywhere]) await bound.ready(PATIENT)
  t.deepEqual(node.resolve('PUMP'), {
    name: 'Pump',
    target: B,
    kind: 'channel',
    scope: { kind: 'node', site: 'KSEA', node: 'gate-4' },
    id: 7,
    expiresAt: 0,
  })
  t.like(other.resolve('pump'), { target: A, scope: { kind: 'site', site: 'KSEA' } })
  t.like(atSite.resolve('pump'), { target: A })
  t.like(everywhere.resolve('pump'), { target: C, scope: { kind: 'global' } })
  t.like(node.resolve('clock'), { target: 'https://clock.example/', kind: 'endpoint', id: 9 })
  for (const nothing of ['pumps', '', 'x'.repeat(300)]) t.is(node.resolve(nothing), undefined)
  await site.change({ remove: [{ node: 'gate-4', name: 'pump' }] })
  await eventually(() => node.resolve('pump')?.target === A, PATIENT)
})

test('a context sees its own names and the global ones; a scope that was never published has none', async (t) => {
  const { nats, connection, global } = await aliasIndexWorld(t)
  const context = await AliasIndexPublisher.open(connection, { kind: 'context', context: 'front end/*>:💧' })
  await context.base([{ name: 'api', target: 'https://front.example/' }])
  await global.base([{ name: 'api', target: 'https://global.example/' }])
  const { aliases } = await aliasClient(nats.url)
  const front = aliases.bind({ context: 'front end/*>:💧' })
  const back = aliases.bind({ context: 'backend' })
  await Promise.all([front.ready(PATIENT), back.ready(PATIENT)])
  t.is(front.resolve('API')?.target, 'https://front.example/')
  t.is(back.resolve('API')?.target, 'https://global.example/')
  t.like(back.status().scopes[0], { scope: 'context.backend', version: 0, isThere: true })
})

test('names of any letters resolve in any spelling', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  const names = ['a:b', 'a b', 'a*b', 'a>b', 'a/b', 'a.b', '💧 Pumpe', 'Straße', 'Übergabe', 'ΣΟΦΟΣ', 'a%2Fb']
  await site.base(names.map((name, id) => ({ node: 'n:1 *', name, target: `https://x.example/${id}`, id })))
  await global.base([])
  const { aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA', node: 'n:1 *' })
  await bound.ready(PATIENT)
  for (const [id, name] of names.entries()) {
    t.is(bound.resolve(name)?.id, id)
    t.is(bound.resolve(name.toUpperCase())?.id, id)
    t.is(bound.resolve(name.normalize('NFD').toLowerCase())?.id, id)
  }
  t.is(bound.resolve('STRASSE')?.name, 'Straße')
})

test('an alias that expires is as if absent from that very millisecond, and the next level answers', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  let now = Date.parse('2026-03-01T12:00:00Z')
  const expiresAt = now + 1000
  await site.base([
    { node: 'n', name: 'x', target: A, expiresAt },
    { name: 'x', target: B, expiresAt: expiresAt + 1 },
  ])
  await global.base([{ name: 'x', target: C }])
  const { aliases } = await aliasClient(nats.url, { now: () => now })
  const bound = aliases.bind({ site: 'KSEA', node: 'n' })
  await bound.ready(PATIENT)
  t.like(bound.resolve('x'), { target: A, expiresAt })
  now = expiresAt - 1
  t.is(bound.resolve('x')?.target, A)
  t.deepEqual(bound.reverse(B), [])
  now = expiresAt
  t.is(bound.resolve('x')?.target, B)
  t.deepEqual(bound.reverse(A), [])
  t.is(bound.reverse(B).length, 1)
  now = expiresAt + 1
  t.is(bound.resolve('x')?.target, C)
})

test('reverse tells the names that resolve to a target, nearest first', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  await site.base([
    { node: 'n', name: 'near', target: A },
    { node: 'n', name: 'hidden', target: B },
    { node: 'other', name: 'elsewhere', target: A },
    { name: 'mid', target: A },
    { name: 'hidden', target: A },
  ])
  await global.base([
    { name: 'far', target: A },
    { name: 'NEAR', target: A },
    { name: 'page', target: 'https://x.example/p?q=1' },
  ])
  const { aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA', node: 'n' })
  await bound.ready(PATIENT)
  t.deepEqual(
    bound.reverse(A).map(({ name }) => name),
    ['near', 'mid', 'far'],
  )
  t.deepEqual(
    bound.reverse('https://x.example/p?q=1').map(({ name }) => name),
    ['page'],
  )
  t.deepEqual(bound.reverse('nothing'), [])
})

test('before it is ready nothing is guessed, and it says what it waits for', async (t) => {
  const { nats } = await aliasIndexWorld(t)
  const { aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA' })
  t.throws(() => bound.resolve('x'), { instanceOf: IndexNotReady, message: /site\.KSEA not there/ })
  t.throws(() => bound.reverse(A), { instanceOf: IndexNotReady })
  const reason = new Error('enough')
  await t.throwsAsync(bound.ready({ signal: AbortSignal.abort(reason) }), { is: reason })
  await t.throwsAsync(bound.ready({ timeoutMs: 20, minPosition: `${EPOCH}-9` }), { instanceOf: IndexNotReady })
  await bound.ready(PATIENT)
  t.is(bound.resolve('x'), undefined)
})

test('what cannot be bound to is refused by the name of its field', async (t) => {
  const { nats } = await aliasIndexWorld(t)
  const { aliases } = await aliasClient(nats.url)
  for (const [to, message] of [
    [{ node: 'n' }, /^node: /],
    [{ site: '' }, /^site: /],
    [{ site: 'a', context: 'b' }, /^context: /],
    [{ context: 'global' }, /^context: /],
    [{ sites: 'a' }, /sites/],
  ] as const)
    t.throws(() => aliases.bind(to as object), { instanceOf: RangeError, message })
})

test('ready waits until the names know what a command did', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  await site.base([{ name: 'x', target: A }])
  await global.base([])
  await global.progress(10)
  const { aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA' })
  await bound.ready({ ...PATIENT, minPosition: `${EPOCH}-10` })
  const later = bound.ready({ ...PATIENT, minPosition: `${EPOCH}-11` }).then(() => bound.resolve('x')?.target)
  await site.change({ set: [{ name: 'x', target: B }] })
  await global.progress(11)
  t.is(await later, B)
})

test('a scope is held once for all who are bound to it, and let go with the last', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  await site.base([{ name: 'x', target: A }])
  await global.base([])
  const { aliases, versions } = await aliasClient(nats.url)
  const one = aliases.bind({ site: 'KSEA' })
  await one.ready(PATIENT)
  const other = aliases.bind({ site: 'KSEA', node: 'n' })
  await other.ready(PATIENT)
  await one.close()
  await one.close()
  t.deepEqual(
    aliases
      .status()
      .scopes.map(({ scope }) => scope)
      .toSorted(),
    ['global', 'site.KSEA'],
  )
  await site.change({ set: [{ name: 'x', target: B }] })
  await eventually(() => other.resolve('x')?.target === B, PATIENT)
  await other.close()
  t.deepEqual(aliases.status().scopes, [])
  t.is(versions.filter(({ scope }) => scope === 'site.KSEA').length, 2)
  t.is(one.resolve('x')?.target, B)
})

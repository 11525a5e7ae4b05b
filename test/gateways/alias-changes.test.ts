import test from 'ava'
import type { AliasChange } from '../../gateways/client/index.ts'
import { eventually } from '../support/infrastructure.ts'
import { A, aliasClient, B, C, PATIENT } from './alias-client.ts'
import { aliasIndexWorld } from './alias-index-world.ts'

test('listeners hear of each change with old and new, once the whole version is in', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  await site.base([
    { name: 'a', target: A },
    { name: 'b', target: B },
    { node: 'other', name: 'a', target: C },
  ])
  await global.base([])
  const { aliases, faults } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA', node: 'n' })
  await bound.ready(PATIENT)
  const heard: AliasChange[] = []
  const everywhere: AliasChange[] = []
  const stop = bound.onAlias((change) => {
    heard.push(change)
    t.is(bound.resolve('a')?.target, B)
    t.is(bound.resolve('b')?.target, A)
  })
  aliases.onAlias((change) => everywhere.push(change))
  bound.onAlias(() => {
    throw new Error('a listener at fault')
  })
  await site.change({
    set: [
      { name: 'a', target: B },
      { name: 'b', target: A },
      { node: 'other', name: 'c', target: C },
    ],
    remove: [{ node: 'other', name: 'a' }],
  })
  await eventually(() => everywhere.length === 4, PATIENT)
  const scope = { kind: 'site', site: 'KSEA' } as const
  const alias = (name: string, target: string) =>
    ({ name, target, kind: 'channel', scope, id: 1, expiresAt: 0 }) as const
  t.deepEqual(heard, [
    { change: 'set', scope, name: 'a', old: alias('a', A), new: alias('a', B) },
    { change: 'set', scope, name: 'b', old: alias('b', B), new: alias('b', A) },
  ])
  t.deepEqual(
    everywhere.map(({ change, name }) => [change, name]).filter(([, name]) => name !== 'b'),
    [
      ['removed', 'a'],
      ['set', 'a'],
      ['set', 'c'],
    ],
  )
  t.deepEqual(
    faults.map(({ code }) => code),
    ['listener', 'listener'],
  )
  stop()
  await site.change({ remove: [{ name: 'a' }] })
  await eventually(() => everywhere.length === 5, PATIENT)
  t.is(heard.length, 2)
})

test('an alias whose time comes is told once, as expired', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  let ahead = 0
  const now = () => Date.now() + ahead
  await site.base([
    { name: 'soon', target: A, expiresAt: now() + 3_600_000 },
    { name: 'later', target: A, expiresAt: now() + 7_200_000 },
  ])
  await global.base([])
  const { aliases } = await aliasClient(nats.url, { now })
  const bound = aliases.bind({ site: 'KSEA' })
  await bound.ready(PATIENT)
  const heard: string[] = []
  bound.onAlias(({ change, name }) => heard.push(`${change} ${name}`))
  ahead = 3_600_000
  await site.change({ set: [{ name: 'x', target: A }], remove: [{ name: 'soon' }] })
  await eventually(() => heard.includes('set x'), PATIENT)
  t.deepEqual(heard, ['expired soon', 'set x'])
  // Now the timer has less than a second to go.
  ahead = 7_200_000 - 500
  await site.change({ set: [{ name: 'y', target: A }] })
  await eventually(() => heard.includes('expired later'), PATIENT)
  t.is(bound.resolve('later'), undefined)
  await site.change({ remove: [{ name: 'later' }, { name: 'y' }] })
  await eventually(() => heard.includes('removed y'), PATIENT)
  t.deepEqual(heard.slice(2).toSorted(), ['expired later', 'removed y', 'set y'])
})

test('a change of 1,000 names is seen by readers and listeners all at once', async (t) => {
  const { nats, site, global } = await aliasIndexWorld(t)
  const names = Array.from({ length: 1000 }, (_, i) => `name ${i}`)
  await site.base(names.map((name) => ({ name, target: A })))
  await global.base([])
  const { aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA' })
  await bound.ready(PATIENT)
  const mixtures = new Set<string>()
  const look = (): string => [...new Set(names.map((name) => bound.resolve(name)?.target))].join()
  let heard = 0
  bound.onAlias(() => {
    if (heard++ % 100 === 0) mixtures.add(look())
  })
  await site.change({ set: names.map((name) => ({ name, target: B })) })
  await eventually(
    () => {
      mixtures.add(look())
      return heard === 1000
    },
    { ...PATIENT, intervalMs: 1 },
  )
  t.deepEqual([...mixtures].toSorted(), [A, B])
})

import test from 'ava'
import { aliasIndexPointer } from '../../../schemas/alias-index.ts'
import { eventually } from '../../support/infrastructure.ts'
import { registered, channel, GLOBAL_SCOPE } from '../alias-events.ts'
import { IndexWorld } from './index-world.ts'

const target = (n: number) => ({ kind: 'channel', channelId: channel(n) }) as const
const endpoint = (n: number) => ({ kind: 'endpoint', url: `https://example.com/${n}` }) as const
const SEA = { kind: 'site', site: 'KSEA' } as const
const GATE = { kind: 'node', site: 'KSEA', node: 'gate 4' } as const

test('a change becomes a version: claim, object, pointer, progress', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin()
  await world.send('alias.register', { scope: SEA, name: 'Main', target: target(1) })
  await world.send('alias.register', { scope: GATE, name: 'Main', target: endpoint(2) })
  await world.step(publisher)
  const first = await world.pointer('site.KSEA')
  t.notThrows(() => aliasIndexPointer.parse(first))
  t.like(first, { version: 1, object: 'site.KSEA/v1.json', baseVersion: 1, position: 2 })
  t.deepEqual(await world.published('site.KSEA'), [
    `/Main → ${channel(1)} 1 0`,
    'gate 4/Main → https://example.com/2 2 0',
  ])
  t.like(await world.pointers.readProgress(), { value: { position: 2 } })
  await world.send('alias.describe', { scope: SEA, name: 'Main', description: 'no concern of the index' })
  const at = await world.project()
  t.is(at.sequence, 4, 'a claim and a description')
  await eventually(async () => {
    await publisher.publish(at)
    return (await world.pointers.readProgress())?.value?.position === 4
  })
  t.like(await world.pointer('site.KSEA'), { version: 1 })
  t.is(await world.pointer('global'), undefined)
})

test('a command of 1,000 events is one version of each scope, and its pointers move as one', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin()
  const scopes = [GLOBAL_SCOPE, SEA, GATE, { kind: 'context', context: 'frontend' }] as const
  await world.aliasEvents(
    ...Array.from({ length: 1000 }, (_, n) => registered(n + 1, scopes[n % 4] ?? SEA, `name-${n}`)),
  )
  await world.step(publisher)
  const pointers = await Promise.all(['global', 'site.KSEA', 'context.frontend'].map((key) => world.pointers.read(key)))
  t.deepEqual(
    pointers.map((placed) => [placed?.value.version, placed?.value.position]),
    [
      [1, 1000],
      [1, 1000],
      [1, 1000],
    ],
  )
  const revisions = pointers.map((placed) => placed?.revision ?? 0).toSorted((a, b) => a - b)
  const progress = await world.pointers.readProgress()
  t.deepEqual([...revisions, progress?.revision], [1, 2, 3, 4])
  t.is((await world.published('site.KSEA')).length, 500)
})

import test from 'ava'
import fc from 'fast-check'
import { alias, type AliasState } from '../../../domain/alias/alias.ts'
import { unpackObject } from '../../../projections/alias-index/pack-object.ts'
import { aliasIndexBase, indexScopeKey, indexScopeOf } from '../../../schemas/alias-index.ts'
import { indexScopeOfKey } from '../../../schemas/alias-index-keys.ts'
import { readAliasEvent } from '../../../schemas/events/read-alias-event.ts'
import { type Scope, scope as scopeShape } from '../../../schemas/scope.ts'
import { aliasCommand, channel, registered } from '../alias-events.ts'
import { IndexWorld } from './index-world.ts'

const SEA = { kind: 'site', site: 'KSEA' } as const
const target = (n: number) => ({ kind: 'channel', channelId: channel(n) }) as const

const SCOPE_KEYS = ['global', 'site.KSEA', 'context.frontend']
const SEEDED = [{ kind: 'global' }, SEA, { kind: 'context', context: 'frontend' }] as const

test('law: base and deltas read back are what the rules say, after any changes cut into any versions', async (t) => {
  t.timeout(300_000)
  const kinds = new Set<string>()
  const cut = fc.array(aliasCommand, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 15, maxLength: 30 }), async (cuts) => {
      const world = await IndexWorld.create(t)
      const publisher = await world.begin()
      // Enough names that a change is a delta.
      await world.aliasEvents(
        ...Array.from({ length: 600 }, (_, n) => registered(n + 1, SEEDED[n % 3] ?? SEA, `s-${n}`)),
      )
      for (const [n, commands] of cuts.entries()) {
        // The rules may refuse what comes by chance; this is a change for sure.
        await world.send('alias.retarget', { scope: SEEDED[n % 3] ?? SEA, name: `s-${n}`, target: target(5000 + n) })
        for (const command of commands) await world.attempt(command)
        await world.step(publisher)
        for await (const [, { value }] of world.pointers.all()) {
          kinds.add(value.deltas.length === 0 ? 'base' : 'delta')
          if (value.deltas.some(({ from, to }) => from < to)) kinds.add('merged')
        }
      }
      for (const scopeKey of SCOPE_KEYS) {
        const expected = await byTheRules(world, scopeKey)
        t.deepEqual(await world.published(scopeKey), expected)
        t.deepEqual(await world.held(scopeKey), expected)
      }
    }),
    { numRuns: 4, endOnFailure: true },
  )
  t.deepEqual([...kinds].toSorted(), ['base', 'delta', 'merged'], 'all kinds of objects were met')
})

test('a scope of many names is split into parts, and parts, deltas and a new base give the table', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin({ splitAbove: 50 })
  const nodes = ['gate 1', 'gate 2', 'gate 3']
  const scopes = [SEA, ...nodes.map((node) => ({ kind: 'node', site: 'KSEA', node }) as const)]
  await world.aliasEvents(
    ...Array.from({ length: 600 }, (_, n) => registered(n + 1, scopes[n % 4] ?? SEA, `name-${n}`)),
  )
  await world.step(publisher)
  const pointer = await world.pointer('site.KSEA')
  const bytes = await world.objects.get(pointer?.object ?? '')
  t.assert(bytes)
  const base = aliasIndexBase.parse(await unpackObject(bytes ?? new Uint8Array()))
  t.is(base.parts.length, 12)
  t.is(
    base.parts.reduce((sum, { entries }) => sum + entries, 0),
    600,
  )
  t.true(
    base.parts.every(({ entries }) => entries < 90),
    'about as large as wanted',
  )
  t.deepEqual(await world.published('site.KSEA'), await world.held('site.KSEA'))
  await world.send('alias.remove', { scope: SEA, name: 'NAME-0' })
  await world.step(publisher)
  t.like(await world.pointer('site.KSEA'), { version: 2, baseVersion: 1 })
  t.deepEqual(await world.published('site.KSEA'), await world.held('site.KSEA'))
  await world.aliasEvents(...Array.from({ length: 60 }, (_, n) => registered(n + 1, SEA, `more-${n}`)))
  await world.step(publisher)
  t.like(await world.pointer('site.KSEA'), { version: 3, baseVersion: 3, deltas: [] }, 'too many for a delta')
  t.deepEqual(await world.published('site.KSEA'), await world.held('site.KSEA'))
})

test('any name of a site, context, node or alias goes through keys and object names and back', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin()
  const odd = ['a:b', 'x y', '*', '>', 'a/b', '🛫 Nord', 'a.b', '$O', '=2A', 'ﬁ', 'ÄÖ']
  const scopes = odd.flatMap((name) => [
    { kind: 'site', site: name } as const,
    { kind: 'node', site: name, node: name } as const,
    { kind: 'context', context: name } as const,
  ])
  await world.aliasEvents(
    ...scopes.flatMap((scope, i) => odd.map((name, j) => registered(i * 100 + j, scopeShape.parse(scope), name))),
  )
  await world.step(publisher)
  for (const name of odd)
    for (const scope of [{ kind: 'site', site: name } as const, { kind: 'context', context: name } as const]) {
      const key = indexScopeKey(scope)
      t.deepEqual(indexScopeOfKey(key), scope)
      const lines = await world.published(key)
      t.is(lines.length, scope.kind === 'site' ? odd.length * 2 : odd.length)
      t.deepEqual(lines, await world.held(key))
      for (const alias of odd) t.true(lines.some((line) => line.startsWith(`/${alias} → `)))
    }
  let count = 0
  for await (const _ of world.pointers.all()) count++
  t.is(count, odd.length * 2)
})

test('disabled and freed names are gone, expiry is told, and both come back', async (t) => {
  const world = await IndexWorld.create(t)
  const publisher = await world.begin()
  const slot = { scope: SEA, name: 'Main' } as const
  await world.send('alias.register', { ...slot, target: target(1), expiresAt: '2100-01-01T00:00:00.500Z' })
  await world.send('alias.register', { scope: SEA, name: 'Other', target: target(2) })
  await world.step(publisher)
  t.true((await world.published('site.KSEA'))[0]?.endsWith(` ${Date.parse('2100-01-01T00:00:00.500Z')}`))
  const lines: number[] = []
  for (const change of ['alias.disable', 'alias.enable', 'alias.remove'] as const) {
    await world.send(change, slot)
    await world.step(publisher)
    lines.push((await world.published('site.KSEA')).length)
  }
  await world.send('alias.rename', { scope: SEA, name: 'Other', newName: 'Main' })
  await world.step(publisher)
  t.deepEqual(lines, [1, 2, 1])
  t.deepEqual(await world.published('site.KSEA'), [`/Main → ${channel(2)} 2 0`])
})

/** What the slots of a scope hold, by the rules that made the events, folded over the whole log. */
async function byTheRules(world: IndexWorld, scopeKey: string): Promise<readonly string[]> {
  const slots = new Map<string, { scope: Scope; state: AliasState }>()
  const { sequence: untilSequence } = await world.store.head()
  const range = { fromSequence: 1, untilSequence, subjects: ['evt.alias.>'] }
  for await (const { subject, sequence, envelope } of world.store.readAll({
    ...range,
    signal: AbortSignal.timeout(60_000),
  })) {
    const event = readAliasEvent(envelope)
    const before = slots.get(subject)?.state ?? alias.initialState
    const recorded = { sequence, time: envelope.time, actor: envelope.actor }
    slots.set(subject, { scope: event.data.scope, state: alias.evolve(before, event, recorded) })
  }
  const lines: string[] = []
  for (const { scope, state } of slots.values()) {
    if (state.status === 'free' || !state.enabled || indexScopeKey(indexScopeOf(scope)) !== scopeKey) continue
    const { name, target: of, number, expiresAt } = state
    const expires = expiresAt === null ? 0 : Date.parse(expiresAt)
    const node = scope.kind === 'node' ? scope.node : ''
    lines.push(`${node}/${name} → ${of.kind === 'channel' ? of.channelId : of.url} ${number} ${expires}`)
  }
  return lines.toSorted()
}

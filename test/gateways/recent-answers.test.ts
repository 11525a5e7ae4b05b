import test from 'ava'
import { AliasShard, OWN_LEVEL } from '../../gateways/client/aliases/alias-shard.ts'
import { BoundAliases } from '../../gateways/client/aliases/bound-aliases.ts'
import type { ScopeFollower } from '../../gateways/client/aliases/scope-follower.ts'
import { RecentAnswers } from '../../gateways/client/aliases/recent-answers.ts'
import type { ResolvedAlias } from '../../gateways/client/aliases/resolved-alias.ts'

const answer = (name: string): ResolvedAlias => ({
  name,
  target: `https://${name}.example/`,
  kind: 'endpoint',
  scope: { kind: 'global' },
  id: 1,
  expiresAt: 0,
})
/** More than are looked up before any is remembered. */
const SEVERAL = 2_000
/** Several times as many as are remembered. */
const TOO_MANY = 60_000

function asked(recent: RecentAnswers, name: string, revision = 0): ResolvedAlias | null | undefined {
  const known = recent.recall(name, revision)
  if (known === undefined) recent.offer(name, answer(name))
  return known
}

test('what is asked for again and again is remembered, by its very spelling, until something changes', (t) => {
  const recent = new RecentAnswers(Date.now)
  for (let i = 0; i < SEVERAL; i++) asked(recent, 'Pump Ω')
  t.is(asked(recent, 'Pump Ω')?.name, 'Pump Ω')
  t.is(recent.recall('pump Ω', 0), undefined)
  recent.offer('nothing', null)
  t.is(recent.recall('nothing', 0), null)
  t.is(recent.recall('Pump Ω', 1), undefined)
  t.is(asked(recent, 'Pump Ω', 1), undefined)
  t.is(asked(recent, 'Pump Ω', 1), undefined, 'not at once: changes may come as fast as questions')
})

test('more names than are remembered cost no memory, and are not remembered for a while', (t) => {
  const recent = new RecentAnswers(Date.now)
  let known = 0
  for (let round = 0; round < 5; round++)
    for (let i = 0; i < TOO_MANY; i++) if (asked(recent, `name-${i}`) !== undefined) known++
  t.true(known > 0 && known < TOO_MANY)
  for (let i = 0; i < TOO_MANY; i++) if (recent.recall(`name-${i}`, 0) !== undefined) t.fail(`name-${i} is remembered`)
})

test('a name that is asked for often resolves as at first, whatever changes and whatever the clock says', (t) => {
  const [site, global] = [new AliasShard({ kind: 'site', site: 'S' }), new AliasShard({ kind: 'global' })]
  let now = 1_000
  const level = (shard: AliasShard, node: string | null) => ({
    follower: followers.get(shard) as unknown as ScopeFollower,
    node: shard.node(node),
  })
  const followers = new Map([site, global].map((shard) => [shard, { shard, hasContent: true }]))
  const bound = new BoundAliases({
    levels: [level(site, 'n'), level(site, null), level(global, null)],
    now: () => now,
    isConnected: () => true,
    listen: () => () => {},
    ready: async () => {},
    release: async () => {},
  })
  const set = (shard: AliasShard, node: string | null, target: string, expiresAt = 0): void =>
    shard.set(shard.table, shard.node(node), { name: 'Pump', target, id: 1, expiresAt })
  const often = (): string | undefined => {
    for (let i = 0; i < SEVERAL; i++) bound.resolve('pump')
    return bound.resolve('pump')?.target
  }
  t.is(often(), undefined)
  set(global, null, 'global')
  t.is(often(), 'global')
  set(site, null, 'site')
  t.is(often(), 'site')
  set(site, 'n', 'node', 2_000)
  t.is(often(), 'node')
  now = 2_000
  t.is(bound.resolve('pump')?.target, 'site', 'expired to the millisecond')
  t.is(often(), 'site')
  now = 1_999
  t.is(bound.resolve('pump')?.target, 'node', 'a clock that was set back')
  site.remove(site.table, site.node('n'), 'pump')
  t.is(bound.resolve('pump')?.target, 'site')
  t.is(often(), 'site')
  site.swap(site.empty())
  t.is(bound.resolve('pump')?.target, 'global')
  global.remove(global.table, OWN_LEVEL, 'pump')
  t.is(often(), undefined)
})

import test from 'ava'
import { AliasShard, OWN_LEVEL } from '../../gateways/client/aliases/alias-shard.ts'
import { SLICE, Slices } from '../../gateways/client/aliases/slices.ts'
import { prepareAnew, prepareDeltas } from '../../gateways/client/aliases/update-shard.ts'

const NAMES = 3 * SLICE + 5
const now = () => 0

function columns(count: number, target: string) {
  const rows = Array.from({ length: count }, (_, i) => i)
  return [{ node: null, names: rows.map((i) => `n ${i}`), targets: rows.map(() => target), ids: rows, expires: [] }]
}

const base = (count: number) => ({
  kind: 'base' as const,
  scope: 'site.S',
  version: 1,
  position: 1,
  entries: columns(count, 'a'),
  parts: [],
})
const delta = (count: number) => ({
  kind: 'delta' as const,
  scope: 'site.S',
  from: 2,
  to: 2,
  position: 2,
  entries: columns(count, 'b'),
  removed: [],
})
async function* none(): AsyncGenerator<never> {}

/** A shard with so many names; each pause of what follows is told. */
async function shardOf(count: number, onPause: () => void) {
  const shard = new AliasShard({ kind: 'site', site: 'S' })
  const options = { slices: new Slices(async () => {}), wantsChanges: true, now }
  const commit = await prepareAnew(shard, base(count), none(), [], options)
  commit()
  return { shard, options: { ...options, slices: new Slices(async () => onPause()) } }
}

test('a scope enters memory in slices, beside the one that answers', async (t) => {
  let pauses = 0
  const { shard, options } = await shardOf(1, () => {
    pauses++
    t.is(shard.table.size, 1)
  })
  const commit = await prepareAnew(shard, base(NAMES), none(), [], { ...options, wantsChanges: false })
  t.is(pauses, 3)
  t.is(shard.table.size, 1)
  commit()
  t.is(shard.table.size, NAMES)
})

test('what was touched in one turn is never more than a slice, differences included', async (t) => {
  let pauses = 0
  const { shard, options } = await shardOf(NAMES, () => {
    pauses++
    t.is(shard.get(shard.table, OWN_LEVEL, 'n 1')?.target, 'a')
  })
  const commit = await prepareDeltas(shard, [delta(NAMES)], options)
  // The copy, the delta, and both sides of the difference.
  t.is(pauses, Math.floor((4 * NAMES) / SLICE))
  const changes = commit()
  t.is(changes.length, NAMES)
  t.is(shard.get(shard.table, OWN_LEVEL, 'n 1')?.target, 'b')
})

test('a few changes are made in place, in one turn', async (t) => {
  const { shard, options } = await shardOf(NAMES, () => t.fail())
  const { table } = shard
  const commit = await prepareDeltas(shard, [delta(1000)], options)
  t.is(shard.get(table, OWN_LEVEL, 'n 1')?.target, 'a')
  t.is(commit().length, 1000)
  t.is(shard.table, table)
  t.is(shard.get(table, OWN_LEVEL, 'n 1')?.target, 'b')
})

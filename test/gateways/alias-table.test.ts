import test from 'ava'
import fc from 'fast-check'
import { nameKey } from '../../domain/alias/name-key.ts'
import { ABSENT, AliasTable } from '../../gateways/client/aliases/alias-table.ts'
import { FoldedName } from '../../gateways/client/aliases/folded-name.ts'

const SCOPES = [
  { kind: 'site', site: 'S' },
  { kind: 'node', site: 'S', node: '1' },
  { kind: 'node', site: 'S', node: '2' },
] as const

/** Names that meet each other: few letters, in upper and lower case, foreign ones among them. */
const name = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'A', 'b', 'B', '_', '1', ' ', ':', '*', '>', '/'),
    minLength: 1,
    maxLength: 9,
  }),
  fc.string({
    unit: fc.constantFrom('\u212a', 'k', 'K', 'ß', 's', 'S', 'ﬁ', 'Å', 'ﷺ', '💧', '\0'),
    minLength: 1,
    maxLength: 5,
  }),
)

test('two spellings are one name exactly when their name keys are equal', (t) => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      const [a, b] = [new FoldedName(), new FoldedName()]
      const both = a.fold(one) && b.fold(other)
      const same = a.hash === b.hash && a.bytes === b.bytes && isSame(a, b)
      t.true(both)
      t.is(same, nameKey(one) === nameKey(other))
      b.takeKey(nameKey(one))
      t.true(isSame(a, b) && a.hash === b.hash)
    }),
    { numRuns: 2000 },
  )
})

test('what cannot be a name is none', (t) => {
  const folded = new FoldedName()
  t.false(folded.fold(''))
  t.false(folded.fold('a'.repeat(256)))
  t.true(folded.fold('ﷺ'.repeat(255)))
  t.throws(() => folded.takeKey('ä'.repeat(16_383)), { instanceOf: RangeError })
})

const step = fc.record({
  node: fc.constantFrom(0, 1, 2),
  name,
  target: fc.constantFrom('t1', 't2', 'https://t3/'),
  expiresAt: fc.constantFrom(0, 1, 2 ** 31, 4_102_444_800_000),
  remove: fc.boolean(),
})

test('the table answers as a map would, whatever was set and removed', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new AliasTable(SCOPES)
      const model = new Map<string, (typeof steps)[number] & { id: number }>()
      const folded = new FoldedName()
      for (const [i, one] of steps.entries()) {
        folded.fold(one.name)
        const place = JSON.stringify([one.node, nameKey(one.name)])
        if (one.remove) {
          table.remove(folded, one.node)
          model.delete(place)
        } else {
          table.set(folded, one.node, { ...one, id: i * 2 ** 40 })
          model.set(place, { ...one, id: i * 2 ** 40 })
        }
      }
      t.is(table.size, model.size)
      for (const { node, name } of steps) {
        folded.fold(name)
        const expected = model.get(JSON.stringify([node, nameKey(name)]))
        const record = table.find(folded, node)
        t.is(record === ABSENT, expected === undefined)
        if (expected === undefined) continue
        const { id, target, expiresAt } = expected
        const kind = target === 'https://t3/' ? 'endpoint' : 'channel'
        t.deepEqual(table.copy(record), { name: expected.name, target, kind, scope: SCOPES[node], id, expiresAt })
        t.is(table.read(record), table.read(record))
      }
      for (const target of ['t1', 't2', 'https://t3/', 't4']) {
        const found = [...table.ofTarget(target)].map((record) => table.copy(record))
        t.is(found.length, [...model.values()].filter((one) => one.target === target).length)
        t.true(found.every((one) => one.target === target))
      }
      let seen = 0
      for (let record = table.next(ABSENT); record !== ABSENT; record = table.next(record)) seen++
      t.is(seen, model.size)
    }),
  )
})

test('it grows beyond what was expected, and knows when removed names take too much room', (t) => {
  const table = new AliasTable(SCOPES, 10)
  const folded = new FoldedName()
  const names = Array.from({ length: 5000 }, (_, i) => `Name_${i}`)
  for (const [id, name] of names.entries()) {
    folded.fold(name)
    table.set(folded, 0, { name, target: `t${id % 7}`, id, expiresAt: 0 })
  }
  t.true(names.every((name, id) => folded.fold(name.toUpperCase()) && table.read(table.find(folded, 0)).id === id))
  t.is([...table.ofTarget('t3')].length, names.filter((_, id) => id % 7 === 3).length)
  t.false(table.wasteful)
  for (const name of names.slice(0, 3000)) {
    folded.fold(name)
    table.remove(folded, 0)
  }
  t.is(table.size, 2000)
  t.true(table.wasteful)
})

function isSame(a: FoldedName, b: FoldedName): boolean {
  const bytes = (of: FoldedName): string => Buffer.from(of.words.buffer, 0, of.bytes).toString('hex')
  return bytes(a) === bytes(b)
}

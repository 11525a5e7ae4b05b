import test from 'ava'
import fc from 'fast-check'
import { planVersion } from '../../domain/alias-index/plan-version.ts'
import type { AliasIndexPointer } from '../../schemas/alias-index.ts'

type Delta = AliasIndexPointer['deltas'][number]

const ENTRY = 48
const OBJECT = 160

function delta(from: number, to: number, bytes: number): Delta {
  return { object: `v${to}`, sha256: '0'.repeat(64), bytes, from, to }
}

/** Writes versions as planned, each of so many names, and says what became of it. */
function write(changes: readonly number[], baseBytes: number) {
  let version = 1
  let deltas: readonly Delta[] = []
  let written = 0
  let bases = 0
  let most = 0
  for (const names of changes) {
    const plan = planVersion({ version, deltas: [...deltas] }, { names, baseBytes })
    version++
    if (plan.kind === 'base') {
      deltas = []
      bases++
      written += baseBytes
    } else {
      const merged = deltas.filter(({ from }) => from >= plan.from)
      const bytes = OBJECT + names * ENTRY + merged.reduce((sum, one) => sum + one.bytes - OBJECT, 0)
      deltas = [...deltas.filter(({ to }) => to < plan.from), delta(plan.from, version, bytes)]
      written += bytes
    }
    most = Math.max(most, deltas.length)
  }
  return { version, deltas, written, bases, most }
}

test('law: deltas continue one another from the base on, never more than 32', (t) => {
  const changes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40_000 })), { maxLength: 200 })
  const baseBytes = fc.integer({ min: 200, max: 100_000_000 })
  fc.assert(
    fc.property(changes, baseBytes, (names, base) => {
      const { deltas, version, most } = write(names, base)
      t.true(most <= 32)
      for (const [i, { from }] of deltas.entries()) if (i > 0) t.is(from, (deltas[i - 1]?.to ?? 0) + 1)
      if (deltas.length > 0) t.is(deltas.at(-1)?.to, version)
    }),
  )
})

test('bytes per change grow with the logarithm of the index, not with the index', (t) => {
  const perChange = (names: number): number => {
    const changes = Array.from({ length: names }, () => 1)
    return write(changes, names * ENTRY).written / changes.length
  }
  const [small, large] = [perChange(2_000), perChange(500_000)]
  t.true(large < small * 2.5, `${small} bytes with 2,000 names, ${large} with 500,000`)
  t.true(large < 2_500)
})

test('a scope of few names is written whole each time, since that is cheaper', (t) => {
  t.deepEqual(planVersion({ version: 4, deltas: [] }, { names: 1, baseBytes: 250 }), { kind: 'base' })
  t.deepEqual(planVersion({ version: 4, deltas: [] }, { names: 1, baseBytes: 50_000 }), { kind: 'delta', from: 5 })
})

test('the base is written anew when its deltas are an eighth of it', (t) => {
  const deltas = [delta(2, 100, 110_000)]
  t.deepEqual(planVersion({ version: 100, deltas }, { names: 1, baseBytes: 1_000_000 }), { kind: 'delta', from: 101 })
  t.deepEqual(planVersion({ version: 100, deltas }, { names: 400, baseBytes: 1_000_000 }), { kind: 'base' })
})

test('a delta that is large is not merged further, unless there is no room', (t) => {
  const large = delta(2, 50, 1_500_000)
  t.deepEqual(planVersion({ version: 50, deltas: [large] }, { names: 20_000, baseBytes: 1e9 }), {
    kind: 'delta',
    from: 51,
  })
  const full = Array.from({ length: 32 }, (_, i) => delta(i + 2, i + 2, 1_500_000))
  t.deepEqual(planVersion({ version: 33, deltas: full }, { names: 1, baseBytes: 1e9 }), { kind: 'delta', from: 33 })
})

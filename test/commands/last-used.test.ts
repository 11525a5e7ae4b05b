import test from 'ava'
import fc from 'fast-check'
import { LastUsed } from '../../commands/last-used.ts'

const keys = fc.nat(11)
const uses = fc.array(fc.record({ key: keys, sets: fc.boolean() }), { maxLength: 60 })

test('what was used last is there as it was set last', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), uses, (least, given) => {
      const known = new LastUsed<number, number>(least)
      const values = new Map<number, number>()
      /** Keys that were there when they were used, the last one last. */
      const used = new Set<number>()
      for (const [at, { key, sets }] of given.entries()) {
        if (sets) {
          known.set(key, at)
          values.set(key, at)
        } else if (known.get(key) === undefined) {
          t.false([...used].slice(-least).includes(key))
          continue
        } else t.is(known.get(key), values.get(key))
        used.delete(key)
        used.add(key)
      }
      const last = [...used].slice(-least).toReversed()
      // The last one first: looking at it makes it no newer than it is.
      for (const key of last) t.is(known.get(key), values.get(key))
    }),
  )
})

test('there are never twice as many entries', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), uses, (least, given) => {
      const known = new LastUsed<number, object>(least)
      for (const { key, sets } of given)
        if (sets) known.set(key, {})
        else known.get(key)
      const kept = Array.from({ length: 12 }, (_, key) => key).filter((key) => known.get(key) !== undefined)
      t.true(kept.length < 2 * least, `${kept.length} of ${least}`)
    }),
  )
})

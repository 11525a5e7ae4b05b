import test from 'ava'
import fc from 'fast-check'
import { Turnstile } from '../../commands/turnstile.ts'

/** As a command does it. */
async function pass<T>(turns: Turnstile, keys: readonly string[], work: () => Promise<T>): Promise<T> {
  const turn = turns.enter(keys)
  try {
    if (turn.begins !== undefined) await turn.begins
    return await work()
  } finally {
    turns.leave(turn)
  }
}

test('who has a key to themselves begins at once', async (t) => {
  const turns = new Turnstile()
  const begun: string[] = []
  const work = (name: string) => async () => void begun.push(name)
  const passed = [
    pass(turns, ['a'], work('a')),
    pass(turns, ['b', 'c'], work('b and c')),
    pass(turns, ['a'], work('a again')),
  ]
  t.deepEqual(begun, ['a', 'b and c'])
  await Promise.all(passed)
  t.deepEqual(begun, ['a', 'b and c', 'a again'])
})

test('a failure is told to whoever failed, and the next have their turn', async (t) => {
  const turns = new Turnstile()
  const failed = pass(turns, ['a'], () => Promise.reject(new Error('no')))
  const next = pass(turns, ['a'], async () => 'done')
  await t.throwsAsync(failed, { message: 'no' })
  t.is(await next, 'done')
})

test('of any keys, one is in at a time, in the order in which they came', async (t) => {
  const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ keys, steps: fc.nat(5), fails: fc.boolean() })), async (callers) => {
      const turns = new Turnstile()
      const inside = new Set<string>()
      const order = new Map<string, number[]>()
      const passed = callers.map(({ keys, steps, fails }, caller) =>
        pass(turns, keys, async () => {
          for (const key of keys) {
            t.false(inside.has(key))
            inside.add(key)
            order.set(key, [...(order.get(key) ?? []), caller])
          }
          for (let step = 0; step < steps; step++) await Promise.resolve()
          for (const key of keys) inside.delete(key)
          if (fails) throw new Error('as planned')
        }),
      )
      await Promise.allSettled(passed)
      for (const came of order.values())
        t.deepEqual(
          came,
          came.toSorted((one, other) => one - other),
        )
    }),
  )
})

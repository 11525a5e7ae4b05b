import test from 'ava'
import { FewAtATime } from '../../infra/jetstream/few-at-a-time.ts'

test('so many are under way and no more, in order, and one that fails makes room as well', async (t) => {
  const turns = new FewAtATime(2)
  const begun: number[] = []
  const ends = Array.from({ length: 6 }, () => Promise.withResolvers<number>())
  const all = ends.map(({ promise }, n) =>
    turns.do(() => {
      begun.push(n)
      return promise
    }),
  )
  t.deepEqual(begun, [0, 1])
  ends[1]?.resolve(1)
  t.is(await all[1], 1)
  t.deepEqual(begun, [0, 1, 2])
  ends[0]?.reject(new Error('lost'))
  await t.throwsAsync(async () => all[0], { message: 'lost' })
  t.deepEqual(begun, [0, 1, 2, 3])
  for (const [n, { resolve }] of ends.entries()) resolve(n)
  t.deepEqual(await Promise.all(all.slice(2)), [2, 3, 4, 5])
  t.deepEqual(begun, [0, 1, 2, 3, 4, 5])
  t.is(await turns.do(async () => 7), 7)
})

import test from 'ava'
import { drawRandom } from '../../../commands/personal/draw-random.ts'

test('no bytes are given twice, whatever lengths are asked for, and none stay zero', (t) => {
  const seen = new Set<string>()
  for (let i = 0; i < 3_000; i++) {
    const length = [9, 12, 32][i % 3] ?? 12
    const random = drawRandom(length)
    t.is(random.length, length)
    seen.add(random.subarray(0, 9).toString('hex'))
    t.false(random.subarray(-8).every((byte) => byte === 0))
  }
  t.is(seen.size, 3_000)
})

test('more than are kept ready are refused rather than padded', (t) => {
  t.is(drawRandom(4096).length, 4096)
  t.throws(() => drawRandom(4097), { instanceOf: RangeError })
})

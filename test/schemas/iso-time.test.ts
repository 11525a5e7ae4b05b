import test from 'ava'
import fc from 'fast-check'
import { isoTime } from '../../schemas/iso-time.ts'

test('an instant is written as Date writes it, whichever was asked for before', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -2, max: 2 })),
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      (steps, date) => {
        let at = date.getTime()
        for (const step of [0, ...steps]) t.is(isoTime((at += step)), new Date(at).toISOString())
      },
    ),
  )
})

test('what is no instant is no text', (t) => {
  t.throws(() => isoTime(NaN), { instanceOf: RangeError })
  t.is(isoTime(0), '1970-01-01T00:00:00.000Z')
})

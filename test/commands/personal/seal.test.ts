import test from 'ava'
import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { open, seal } from '../../../commands/personal/seal.ts'

const key = createSecretKey(randomBytes(32))

test('what is sealed opens with its key, at its place, and nowhere else', (t) => {
  const other = createSecretKey(randomBytes(32))
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (text, place, elsewhere) => {
      const sealed = seal(key, text, place)
      t.is(open(key, sealed, place)?.toString(), text)
      t.is(open(other, sealed, place), undefined)
      if (elsewhere !== place) t.is(open(key, sealed, elsewhere), undefined)
    }),
  )
})

test('one changed bit is found out, as is a shortened text', (t) => {
  const sealed = Buffer.from(seal(key, 'ann@example.com', 'here'), 'base64url')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const forged = Buffer.from(sealed)
    forged[bit >> 3] = Number(forged[bit >> 3]) ^ (1 << (bit & 7))
    t.is(open(key, forged.toString('base64url'), 'here'), undefined)
  }
  for (const length of [0, 1, 27, sealed.length - 1])
    t.is(open(key, sealed.subarray(0, length).toString('base64url'), 'here'), undefined)
})

test('the same text never looks the same, and no nonce comes twice', (t) => {
  const sealed = Array.from({ length: 2_000 }, () => seal(key, 'ann', 'here'))
  t.is(new Set(sealed.map((text) => Buffer.from(text, 'base64url').subarray(0, 12).toString('hex'))).size, 2_000)
})

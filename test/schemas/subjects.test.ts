import test from 'ava'
import fc from 'fast-check'
import { aggregateSubject, escapeToken, fitsToken, unescapeToken } from '../../schemas/subjects.ts'

const awkward = fc.constantFrom('.', '*', '>', ' ', '/', ':', '=', '=2E', '_', '-', 'a', '\u0000', '😀')
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.array(awkward, { minLength: 1 }).map((parts) => parts.join('')),
)

test('every text comes back from its token', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(text, (name) => unescapeToken(escapeToken(name)) === name),
      { numRuns: 3000 },
    ),
  )
})
test('a token is valid in subjects and keys', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(text, (name) => /^[A-Za-z0-9_=-]+$/.test(escapeToken(name))),
      { numRuns: 3000 },
    ),
  )
})
test('two texts never share a token', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(text, text, (a, b) => a === b || escapeToken(a) !== escapeToken(b)),
      { numRuns: 3000 },
    ),
  )
})
test('what no text escapes to is refused', (t) => {
  for (const token of ['', '=', '=2', '=2e', '=41', 'a.b', '=FF', 'a b'])
    t.throws(() => unescapeToken(token), undefined, token)
})
test('the empty text and lone surrogates have no token', (t) => {
  t.throws(() => escapeToken(''), { instanceOf: RangeError })
  t.throws(() => escapeToken('\ud800'), { instanceOf: RangeError })
})
test('a token has at most 512 bytes', (t) => {
  t.true(fitsToken('x'.repeat(512)))
  t.false(fitsToken('x'.repeat(513)))
  t.true(fitsToken('é'.repeat(85)))
  t.false(fitsToken('é'.repeat(86)))
})
test('a subject has at most 2,048 bytes', (t) => {
  t.is(String(aggregateSubject('alias', 'site', 'A.B', '*')), 'evt.alias.site.A=2EB.=2A')
  t.throws(() => aggregateSubject('alias', ...Array.from({ length: 5 }, () => 'x'.repeat(500))), {
    instanceOf: RangeError,
  })
})

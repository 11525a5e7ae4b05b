import test from 'ava'
import fc from 'fast-check'
import stringify from 'fast-json-stable-stringify'
import { canonicalJson } from '../../schemas/canonical-json.ts'

test('canonical JSON is what a sorting JSON.stringify writes, of whatever JSON can say', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const read: unknown = JSON.parse(JSON.stringify(value))
      t.is(canonicalJson(read), stringify(read))
    }),
  )
})

test('a number that is too large for a double is null, as JSON.stringify writes it', (t) => {
  const value: unknown = JSON.parse('{"a":[1e400,-1e400,1e308]}')
  t.is(canonicalJson(value), '{"a":[null,null,1e+308]}')
  t.is(canonicalJson(value), stringify(value))
})

test('a property that is undefined is left out', (t) => {
  const value = { b: undefined, a: [{ c: undefined }] }
  t.is(canonicalJson(value), '{"a":[{}]}')
  t.is(canonicalJson(value), stringify(value))
})

test('so it is of objects with many keys, of keys that JavaScript moves, and of texts that must be escaped', (t) => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key-${(i * 7) % 40}`, { z: i, a: -i }]))
  const texts = ['"', '\\', '\u0000', '\u007F', '\u2028', '\uD800', 'é', '😀', '\n', 'a"b', '']
  const odd: unknown = JSON.parse('{"b":1,"10":2,"9":3,"":4,"__proto__":{"y":1,"x":[]},"toJSON":5,"B":6,"é":7,"\\"":8}')
  for (const value of [many, texts, odd, ...texts, [[], {}, null, true, false, 0, -1, 1e21, 1e-7]])
    t.is(canonicalJson(value), stringify(value))
})

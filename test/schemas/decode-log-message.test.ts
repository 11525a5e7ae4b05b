import test from 'ava'
import fc from 'fast-check'
import { decodeEvent } from '../../commands/decode-event.ts'
import { decodeStoredEvent } from '../../schemas/decode-stored-event.ts'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import { encodeEvent } from '../../commands/encode-event.ts'
import { isUnreadable } from '../../schemas/events/unreadable.ts'
import { PlainEvent } from '../../schemas/plain-event.ts'
import { isSealed } from '../../schemas/sealed-envelope.ts'
import { alias, aWrite } from '../commands/a-write.ts'

const SUBJECT = alias('main')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('an event is given as it stands', (t) => {
  const { envelope } = aWrite(SUBJECT, 0)
  const encoded = encodeEvent(envelope, 10_000)
  const text = JSON.stringify(envelope)
  t.deepEqual(decodeLogMessage(7, SUBJECT, encoded), { sequence: 7, subject: SUBJECT, envelope, text })
  t.deepEqual(decodeEvent(7, SUBJECT, encoded), { sequence: 7, subject: SUBJECT, envelope })
})

test('its text is what stands there, however it was written', (t) => {
  const { envelope } = aWrite(SUBJECT, 0)
  for (const text of [JSON.stringify(envelope).replaceAll('":', '": '), JSON.stringify(envelope, null, 2)])
    t.is(decodeStoredEvent(7, SUBJECT, bytes(text)).text, text)
})

const { envelope } = aWrite(SUBJECT, 0)
const strange: Readonly<Record<string, Uint8Array>> = {
  'no JSON': bytes('hello'),
  'no UTF-8': Uint8Array.of(0xff, 0xfe),
  nothing: bytes(''),
  'no object': bytes('[]'),
  'another specversion': bytes(JSON.stringify({ ...envelope, specversion: '0.3' })),
  'a type without a version': bytes(JSON.stringify({ ...envelope, type: 'pharos.alias.registered' })),
  'no command': bytes(JSON.stringify({ ...envelope, commandcount: undefined })),
  'a place beyond its command': bytes(JSON.stringify({ ...envelope, commandindex: 1, commandcount: 1 })),
  'a command without end': bytes(JSON.stringify({ ...envelope, commandcount: 1e9 })),
  'no time': bytes(JSON.stringify({ ...envelope, time: 'yesterday' })),
}
for (const [what, message] of Object.entries(strange)) {
  test(`${what}: no event, but given as something that can be read past`, (t) => {
    t.throws(() => decodeEvent(7, SUBJECT, message), { instanceOf: TypeError })
    const given = decodeLogMessage(7, SUBJECT, message)
    t.true(isUnreadable(given))
    t.like(given, { sequence: 7, subject: SUBJECT })
    t.like(given.envelope.data, { bytes: message.length })
    t.like(given.envelope, { commandindex: 0, commandcount: 1 })
    t.deepEqual(JSON.parse(given.text), given.envelope)
    t.is(plain(message), undefined)
  })
}

function plain(data: Uint8Array): PlainEvent | undefined {
  return PlainEvent.of({ sequence: 7, subject: SUBJECT, data })
}

/** Lists in lists, so many in all. */
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

test('what the store writes of nobody is plain, in any language, and as deep as such data are', (t) => {
  const data = { a: 'Zürich "東京"\n\u0001', b: [], c: {}, d: [{ e: [1, -0.5, 1e21, 1e-7] }, true, null], '': false }
  for (const one of [{}, data, { a: nested(3) }]) {
    const { envelope: written } = aWrite(SUBJECT, 0, { data: one })
    for (const more of [{}, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }]) {
      const text = JSON.stringify({ ...written, ...more, commandindex: 999, commandcount: 1000 })
      t.like(plain(bytes(text)), { sequence: 7, subject: SUBJECT, text, envelope: JSON.parse(text) })
    }
  }
})

const odd: Readonly<Record<string, string>> = {
  'in several lines': JSON.stringify(envelope, null, 2),
  'with a space': JSON.stringify(envelope).replace(':', ': '),
  'with a line end behind': `${JSON.stringify(envelope)}\n`,
  'in another order': JSON.stringify(Object.fromEntries(Object.entries(envelope).toReversed())),
  sealed: JSON.stringify({ ...envelope, person: 'ann', personkey: 'k', sealed: 'x' }),
  'with an attribute of a newer version': JSON.stringify({ ...envelope, more: 1 }),
  deep: JSON.stringify({ ...envelope, data: { a: nested(4) } }),
  long: JSON.stringify({ ...envelope, data: { a: 'x'.repeat(100_000) } }),
}
for (const [what, text] of Object.entries(odd)) {
  test(`an event ${what} is decoded, not plain`, (t) => {
    t.is(plain(bytes(text)), undefined)
    t.deepEqual(decodeLogMessage(7, SUBJECT, bytes(text)).envelope, JSON.parse(text))
  })
}

test('data that are nearly JSON are not plain', (t) => {
  const whole = (data: string): Uint8Array =>
    bytes(JSON.stringify(envelope).replace('"data":{}', () => `"data":${data}`))
  t.not(plain(whole('{"a":[1,{"b":2}]}')), undefined)
  const broken = [
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1"b":2}',
    '{"a"}',
    '{a:1}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1 2]}',
    '{"a":[1}]',
  ]
  const values = [
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '-',
    'True',
    'nul',
    "'a'",
    '"\\x"',
    '"\\u12"',
    '"\\"',
    '"\n"',
    '"\t"',
    '"',
    '',
  ]
  for (const data of [...broken, ...values.map((value) => `{"a":${value}}`), '[]', '1', 'null', ''])
    t.is(plain(whole(data)), undefined, data)
})

test('what is plain is what decoding finds, in one line and with nothing sealed, however a message is broken', (t) => {
  const piece = fc.oneof(
    fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '.',
      'e',
      'null',
      ' ',
      '\n',
      '\u0000',
      '\u2028',
    ),
    fc.constantFrom('"sealed":1,"person":2,"personkey":3,', '"a":1', ',"a":1', '\\u12', '\\ud800', '01', 'Infinity'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  const message = fc.record({
    data: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 3 }),
    breaks: fc.array(fc.record({ at: fc.nat(), drop: fc.nat(3), put: piece }), { maxLength: 2 }),
  })
  const seen = { plain: 0, decoded: 0 }
  fc.assert(
    fc.property(message, ({ data, breaks }) => {
      let text = JSON.stringify({ ...envelope, data })
      for (const { at, drop, put } of breaks) {
        const from = at % text.length
        text = text.slice(0, from) + put + text.slice(from + drop)
      }
      const found = plain(bytes(text))
      seen[found === undefined ? 'decoded' : 'plain']++
      if (found === undefined) return
      const decoded = decodeStoredEvent(7, SUBJECT, bytes(text))
      t.deepEqual(found.envelope, decoded.envelope)
      t.is(found.text, decoded.text)
      t.notRegex(text, /[\r\n]/)
      t.false(isSealed(decoded.envelope))
    }),
    { numRuns: 3000 },
  )
  t.true(seen.plain > 300 && seen.decoded > 300, JSON.stringify(seen))
})

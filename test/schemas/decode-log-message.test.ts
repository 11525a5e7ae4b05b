import test from 'ava'
import { decodeEvent } from '../../commands/decode-event.ts'
import { decodeStoredEvent } from '../../schemas/decode-stored-event.ts'
import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import { encodeEvent } from '../../commands/encode-event.ts'
import { isUnreadable } from '../../schemas/events/unreadable.ts'
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
  })
}

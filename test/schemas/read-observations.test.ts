import test from 'ava'
import fc from 'fast-check'
import { DECIMAL, MAX_OBSERVATIONS } from '../../schemas/observation.ts'
import { readInstant } from '../../schemas/read-instant.ts'
import { readObservations } from '../../schemas/read-observations.ts'

const LATEST = Date.parse('2026-03-01T12:00:00Z')
const at = '2026-03-01T11:00:00Z'
const read = (text: string) => readObservations(text, LATEST)
const one = (fields: object | string) => {
  const text = typeof fields === 'string' ? fields : JSON.stringify(fields)
  const [only] = read(text)
  return only !== undefined && 'observation' in only ? only.observation : undefined
}
const fault = (fields: object | string) => {
  const [only] = read(typeof fields === 'string' ? fields : JSON.stringify(fields))
  return only !== undefined && 'fault' in only ? `${only.fault.code} ${only.fault.field}` : undefined
}

test('one observation, as text or as a number, with its digits', (t) => {
  const rest = { at, atMs: Date.parse(at), hash: 'xyz', id: null, provider: 'central' }
  const labels = `"observed_at":"${at}","hash":"xyz","provider":"central"`
  t.deepEqual(one(`{"value":"45000.50",${labels}}`), { value: '45000.50', ...rest })
  t.deepEqual(one(`{"value":45000.50,${labels}}`), { value: '45000.50', ...rest })
  t.is(
    one(`{"value":0.1234567890123456789012345678901234567890,${labels}}`)?.value,
    '0.1234567890123456789012345678901234567890',
  )
  t.is(one(`{"value":12345678901234567890,${labels}}`)?.value, '12345678901234567890')
})

test('a batch keeps its order, and one that is bad spoils no other', (t) => {
  const good = (value: string) => ({ value, observed_at: at })
  const all = read(JSON.stringify([good('1'), { value: 'x', observed_at: at }, good('3')]))
  t.deepEqual(
    all.map((of) => ('observation' in of ? of.observation.value : of.fault.field)),
    ['1', '[1].value', '3'],
  )
  t.is(fault(JSON.stringify(Array.from({ length: MAX_OBSERVATIONS + 1 }, () => good('1')))), 'too_many body')
})

for (const value of [
  'NaN',
  'Infinity',
  '-Infinity',
  '',
  ' 1',
  '1 ',
  '0x10',
  '01',
  '1.',
  '.5',
  '1e999',
  '1_000',
  '١',
  '9'.repeat(65),
  true,
  null,
  {},
  [1],
])
  test(`the value ${JSON.stringify(value)} is refused`, (t) => {
    t.is(fault({ value, observed_at: at }), 'bad_value value')
  })

for (const text of ['{"value":NaN,"observed_at":"2026-03-01T11:00:00Z"}', '{"value":Infinity}', '{"value":1', '', 'x'])
  test(`what is no JSON is refused: ${text}`, (t) => {
    t.is(fault(text), 'not_json body')
  })

test('a time has an offset or is in seconds, and is normalized to UTC', (t) => {
  const time = (observed_at: unknown) => one({ value: '1', observed_at })?.at
  t.is(time('2026-03-01T12:30:00.250+01:00'), '2026-03-01T11:30:00.25Z')
  t.is(time('1704326400'), '2024-01-04T00:00:00Z')
  t.is(time(1704326400), '2024-01-04T00:00:00Z')
  t.is(one(`{"value":1,"observed_at":1704326400.123456}`)?.at, '2024-01-04T00:00:00.123456Z')
  t.is(time('2024-02-29T00:00:00Z'), '2024-02-29T00:00:00Z')
})

for (const observed_at of [
  '2026-03-01',
  '2026-03-01T11:00:00',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-03-01T24:00:00Z',
  '2026-03-01T11:00:60Z',
  '2026-03-01T11:00:00.1234567Z',
  '1969-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  '0071-01-01T00:00:00Z',
  '-1',
  '1e9',
  'now',
  null,
  undefined,
])
  test(`the time ${observed_at} is refused`, (t) => {
    t.is(fault({ value: '1', observed_at }), 'bad_time observed_at')
  })

test('what is too far ahead is refused', (t) => {
  t.truthy(one({ value: '1', observed_at: '2026-03-01T12:00:00Z' }))
  t.is(fault({ value: '1', observed_at: '2026-03-01T12:00:00.001Z' }), 'future observed_at')
})

test('labels are short text that Postgres can hold', (t) => {
  t.is(fault({ value: '1', observed_at: at, hash: '' }), 'bad_label hash')
  t.is(fault({ value: '1', observed_at: at, id: 7 }), 'bad_label id')
  t.is(fault({ value: '1', observed_at: at, provider: 'a\u0000b' }), 'bad_label provider')
  t.is(fault({ value: '1', observed_at: at, provider: 'x'.repeat(129) }), 'bad_label provider')
  t.is(fault({ value: '1', observed_at: at, temperature: 3 }), 'unknown_field temperature')
  t.is(fault('{"value":"1","observed_at":"2026-03-01T11:00:00Z","__proto__":1}'), 'unknown_field __proto__')
  t.is(fault('3'), 'not_an_object body')
})

test('whatever else stands beside it, a number is the one that was meant', (t) => {
  const at1 = '"observed_at":"2026-03-01T11:00:00Z"'
  t.is(one(`{"provider":"\\"value\\":7","value":1.50,${at1}}`)?.value, '1.50')
  t.is(one(`{"value":7.0,"value":1.50,${at1}}`)?.value, '1.50')
  t.is(one(`{"value" : 1.50 ,${at1},"hash":"value"}`)?.value, '1.50')
  t.is(one(`{"va\\u006cue":1.50,${at1}}`)?.value, '1.50')
})

test('no digit of a JSON number is lost', (t) => {
  const digits = fc.stringMatching(DECIMAL)
  fc.assert(
    fc.property(digits, (value) => {
      t.is(one(`{"observed_at":"${at}","value":${value}}`)?.value, value)
    }),
  )
})

test('whatever comes is read or refused, and never thrown', (t) => {
  fc.assert(fc.property(fc.string(), (text) => t.notThrows(() => read(text)) !== undefined))
  fc.assert(fc.property(fc.json(), (text) => t.notThrows(() => read(text)) !== undefined))
})

test('a moment is the one that Date reads, to the microsecond', (t) => {
  const moment = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, (date) => {
      const instant = readInstant(date.toISOString())
      t.is(instant?.ms, date.getTime())
      t.is(Date.parse(instant?.text ?? ''), date.getTime())
    }),
  )
})

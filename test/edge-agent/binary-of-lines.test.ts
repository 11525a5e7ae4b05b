import test from 'ava'
import fc from 'fast-check'
import { binaryOfLines } from '../../edge-agent/load/binary-of-lines.ts'
import { binaryValue } from '../../edge-agent/load/binary-value.ts'
import { daysSince2000, plainMicros, timestampMicros } from '../../edge-agent/load/timestamp-micros.ts'
import type { ColumnType } from '../../schemas/device-sync/device-tables.ts'
import { type CanonicalValue, canonicalLine } from '../../schemas/device-sync/rows.ts'

const lines = (rows: readonly (readonly CanonicalValue[])[]): Buffer =>
  Buffer.from(rows.map((row) => canonicalLine(row)).join(''))

/** As Postgres' documentation of COPY describes a row: number of fields, then length and bytes of each. */
function rowsOf(binary: Buffer): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = []
  for (let at = 0; at < binary.length;) {
    const fields = binary.readInt16BE(at)
    at += 2
    const row: (Buffer | null)[] = []
    for (let i = 0; i < fields; i++) {
      const length = binary.readInt32BE(at)
      at += 4
      row.push(length === -1 ? null : binary.subarray(at, at + length))
      at += Math.max(0, length)
    }
    rows.push(row)
  }
  return rows
}

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\t', ',', ']', '[', '\u0001', 'null', '"],["', '𝕏', '.') }),
  fc.string({ unit: 'binary' }).map((any) => any.toWellFormed()),
)
const two = (number: number): string => String(number).padStart(2, '0')
/** Any microsecond that a Date knows, as Postgres writes it. */
const time = fc
  .tuple(
    fc.date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') }),
    fc.nat(999_999),
  )
  .map(([at, micros]) => {
    const date = `${String(at.getUTCFullYear()).padStart(4, '0')}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`
    const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`
    const since2000 = BigInt(Math.floor(at.getTime() / 1000) - 946_684_800) * 1_000_000n + BigInt(micros)
    return { text: `${date} ${clock}${fraction}+00`, since2000 }
  })

test('rows of texts and times are rewritten value by value, whatever is in them', (t) => {
  const value = fc.option(
    fc.oneof(
      text,
      time.map((one) => one.text),
    ),
  )
  const table = fc
    .integer({ min: 1, max: 5 })
    .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 20 }))
  fc.assert(
    fc.property(table, (rows) => {
      const types = (rows[0] ?? ['']).map((): ColumnType => 'text')
      const binary = binaryOfLines(lines(rows), rows.length, types)
      t.deepEqual(
        rowsOf(binary).map((row) => row.map((field) => field?.toString() ?? null)),
        rows,
      )
    }),
  )
})

test('a time is the microseconds since 2000, read from bytes or from text', (t) => {
  fc.assert(
    fc.property(time, ({ text, since2000 }) => {
      t.is(timestampMicros(text), since2000)
      t.is(plainMicros(Buffer.from(`${text}"`), 0), /^(?:19|20|21)/.test(text) ? Number(since2000) : undefined)
      const [[field]] = rowsOf(binaryOfLines(lines([[text]]), 1, ['timestamptz'])) as [[Buffer]]
      t.is(field.readBigInt64BE(), since2000)
    }),
  )
})

test('times beyond four digits, before Christ and without end', (t) => {
  t.is(daysSince2000(2000, 1, 1), 0)
  t.is(daysSince2000(2000, 3, 1), 60)
  t.is(daysSince2000(1900, 3, 1) - daysSince2000(1900, 2, 28), 1)
  t.is(timestampMicros('0001-01-01 00:00:00+00 BC'), BigInt(daysSince2000(0, 1, 1)) * 86_400_000_000n)
  // The first and the last that Postgres has.
  t.is(timestampMicros('4714-11-24 00:00:00+00 BC'), -211_813_488_000_000_000n)
  t.is(timestampMicros('294276-12-31 23:59:59.999999+00'), 9_223_371_331_199_999_999n)
  t.is(timestampMicros('infinity'), 9_223_372_036_854_775_807n)
  t.is(timestampMicros('-infinity'), -9_223_372_036_854_775_808n)
})

test('a value that is none of its type is named', (t) => {
  const wrong: readonly (readonly [ColumnType, string])[] = [
    ['timestamptz', '2026-03-01'],
    ['timestamptz', '2026-03-01 12:00:00+02'],
    ['timestamptz', 'yesterday'],
    ['numeric', '1e3'],
    ['numeric', ''],
    ['bigint', '1.0'],
    ['bigint', '99999999999999999999'],
    ['bigint', '9223372036854775808'],
    ['integer', '2147483648'],
    ['integer', 'one'],
    ['boolean', 't'],
    ['bytea', '\\x0'],
    ['uuid', '3f0c2d7e6d1b4f0e9a530d6f7a1b2c3d'],
    ['double precision', '0x10'],
    ['double precision', ''],
  ]
  for (const [type, value] of wrong)
    t.throws(() => binaryOfLines(lines([[value]]), 1, [type]), { instanceOf: RangeError }, `${type} ${value}`)
})

test('numbers take more room in binary than as digits, and have it', (t) => {
  for (const type of ['numeric', 'bigint', 'integer', 'double precision'] as const)
    for (const value of ['1', '-1', '0', '10000'])
      t.deepEqual(rowsOf(binaryOfLines(lines([[value], [null], [value]]), 3, [type])), [
        [binaryValue(type, value)],
        [null],
        [binaryValue(type, value)],
      ])
  t.deepEqual(
    binaryValue('numeric', '10000.1'),
    Buffer.from('0003 0001 0000 0001 0001 0000 03e8'.replaceAll(' ', ''), 'hex'),
  )
})

test('what is not so many rows of such columns is refused', (t) => {
  const one = lines([['a', 'b']])
  const refused = (content: Buffer, rows: number, columns: number): void => {
    const types = Array.from({ length: columns }, (): ColumnType => 'text')
    t.throws(() => binaryOfLines(content, rows, types), { instanceOf: RangeError }, content.toString())
  }
  refused(one, 1, 1)
  refused(one, 1, 3)
  refused(one, 2, 2)
  refused(Buffer.concat([one, one]), 1, 2)
  for (const broken of ['["a","b', '["a","b"', '["a"', '{}', '', '["a\\', '["a",true]\n'])
    refused(Buffer.from(broken), 1, 2)
})

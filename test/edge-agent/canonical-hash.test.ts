import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { CanonicalHash } from '../../edge-agent/load/canonical-hash.ts'
import { type CanonicalValue, canonicalLine } from '../../schemas/device-sync/rows.ts'

/** Texts of what is hard for CSV and JSON: marks, line feeds, control characters, what looks like the mark of a row. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\r', '\t', ',', 'r', 'n', '\u0001', '\u007f', 'null', '"r",', '𝕏', '.'),
  }),
  fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', '').toWellFormed()),
)
const rows = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(fc.option(text), { minLength: width, maxLength: width }), { maxLength: 20 }))

/** Rows as Postgres writes and reads them with these marks, every value quoted. */
const csv = (row: readonly CanonicalValue[]): string =>
  row.map((value) => (value === null ? 'null' : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).join(',')

test('what Postgres writes has the hash of the canonical rows', (t) => {
  fc.assert(
    fc.property(rows, (all) => {
      const hash = new CanonicalHash()
      for (const row of all) hash.add(Buffer.from(`${csv(row)}\n`))
      const lines = all.map((row) => canonicalLine(row)).join('')
      t.deepEqual(hash.end(), { rowCount: all.length, sha256: createHash('sha256').update(lines).digest('hex') })
    }),
  )
})

test('rows of every length around that of a block are hashed whole', (t) => {
  const all = [1, 60_000, 65_000, 70_000, 131_060, 131_068, 131_072, 200_000, 3].map((length) => [
    'k',
    'x'.repeat(length),
  ])
  const hash = new CanonicalHash()
  for (const row of all) hash.add(Buffer.from(`${csv(row)}\n`))
  t.is(
    hash.end().sha256,
    createHash('sha256')
      .update(all.map((row) => canonicalLine(row)).join(''))
      .digest('hex'),
  )
})

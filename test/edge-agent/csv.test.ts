import test from 'ava'
import fc from 'fast-check'
import { csvOfLines } from '../../edge-agent/load/csv-of-lines.ts'
import { LinesOfCsv, ROW_MARK } from '../../edge-agent/load/lines-of-csv.ts'
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

test('canonical rows become the CSV that Postgres reads', (t) => {
  fc.assert(
    fc.property(rows, (all) => {
      const lines = Buffer.from(all.map((row) => canonicalLine(row)).join(''))
      t.is(csvOfLines(lines).toString(), all.map((row) => `${csv(row)}\n`).join(''))
    }),
  )
})

test('what Postgres writes becomes the canonical rows, in whatever pieces it comes', (t) => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 40 }), (all, size) => {
      const written = Buffer.from(all.map((row) => `"${ROW_MARK}",${csv(row)}\n`).join(''))
      const reader = new LinesOfCsv()
      let lines = ''
      // Pieces end within characters too: bytes are put together before they are text.
      const parts: Buffer[] = []
      for (let at = 0; at < written.length; at += size)
        parts.push(Buffer.from(reader.push(written.subarray(at, at + size))))
      parts.push(Buffer.from(reader.end()))
      lines = Buffer.concat(parts).toString()
      t.is(lines, all.map((row) => canonicalLine(row)).join(''))
      t.is(reader.rows, all.length)
    }),
  )
})

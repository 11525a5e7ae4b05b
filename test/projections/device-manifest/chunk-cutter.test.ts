import test from 'ava'
import fc from 'fast-check'
import { type Chunk, ChunkCutter } from '../../../projections/device-manifest/chunk-cutter.ts'
import { MAX_CHUNK_BYTES, MAX_CHUNK_ROWS } from '../../../schemas/device-sync/manifest.ts'

interface Line {
  readonly begins: boolean
  readonly text: string
}

const line: fc.Arbitrary<Line> = fc.record({ begins: fc.boolean(), text: fc.json() })

const flagged = (lines: readonly Line[]): Buffer =>
  Buffer.from(lines.map(({ begins, text }) => `${begins ? '1' : '0'}${text}\n`).join(''))

/** Cuts the lines as they come in pieces that end at `cuts`. */
function chunksOf(lines: readonly Line[], cuts: readonly number[] = []): readonly Chunk[] {
  const cutter = new ChunkCutter()
  const data = flagged(lines)
  const ends = [...cuts.map((cut) => cut % (data.length + 1)), data.length].toSorted((a, b) => a - b)
  const chunks = ends.flatMap((end, i) => cutter.push(data.subarray(ends[i - 1] ?? 0, end)))
  const last = cutter.end()
  return last === undefined ? chunks : [...chunks, last]
}

test('the chunks are the lines, one after another, without their flags', (t) => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
      const chunks = chunksOf(lines, cuts)
      t.is(Buffer.concat(chunks.map(({ bytes }) => bytes)).toString(), lines.map(({ text }) => `${text}\n`).join(''))
      t.true(chunks.every(({ bytes, rows }) => bytes.toString().split('\n').length - 1 === rows && rows > 0))
    }),
  )
})

test('where the stream is cut into pieces makes no difference', (t) => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
      t.deepEqual(chunksOf(lines, cuts), chunksOf(lines))
    }),
  )
})

test('a line that changes changes the chunk that it stands in, and no other', (t) => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.nat(), fc.json(), (lines, at, text) => {
      const index = at % lines.length
      const before = chunksOf(lines)
      const after = chunksOf(lines.with(index, { begins: lines[index]?.begins ?? false, text }))
      t.is(after.length, before.length)
      t.true(after.filter(({ bytes }, i) => !bytes.equals(before[i]?.bytes ?? Buffer.alloc(0))).length <= 1)
    }),
  )
})

test('a chunk ends where it is full, if no line begins one', (t) => {
  const narrow = chunksOf(Array.from({ length: 100_000 }, () => ({ begins: false, text: '[]' })))
  t.true(narrow.length > 1)
  t.true(narrow.every(({ rows }) => rows <= MAX_CHUNK_ROWS))
  const wide = chunksOf(Array.from({ length: 5 }, () => ({ begins: false, text: 'x'.repeat(5_000_000) })))
  t.true(wide.every(({ bytes }) => bytes.length <= MAX_CHUNK_BYTES))
  t.is(
    wide.reduce((sum, { rows }) => sum + rows, 0),
    5,
  )
})

test('a row that no chunk can hold is refused', (t) => {
  t.throws(() => chunksOf([{ begins: false, text: 'x'.repeat(MAX_CHUNK_BYTES) }]), { instanceOf: RangeError })
})

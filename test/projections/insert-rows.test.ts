import test from 'ava'
import fc from 'fast-check'
import { Client } from 'pg'
import { insertRows } from '../../projections/insert-rows.ts'
import { testDatabase } from '../support/infrastructure.ts'

const THINGS = {
  name: 'things',
  columns: { place: 'bigint', said: 'text', note: 'text', is_so: 'boolean', told: 'jsonb', at: 'timestamptz' },
} as const

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'NULL', '{}', '"', '\\', '\\x00', "'", ',', '\n', '\t', '\u0000', '😀'),
)

test('rows are stored as they are, whatever their texts say, and what is not there is null', async (t) => {
  const client = new Client({ connectionString: (await testDatabase(t)).url })
  await client.connect()
  try {
    await client.query(
      'create temp table things (place bigint, said text, note text, is_so boolean, told jsonb, at timestamptz)',
    )
    const row = fc.record({ said: text, note: fc.option(text), is_so: fc.option(fc.boolean()) })
    const told = JSON.stringify({ quoted: '"\\' })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (made) => {
        const rows = made.map((one, place) => ({ ...one, place, told, at: '2026-03-01T12:00:00.123Z' }))
        await client.query('truncate things')
        await insertRows(client, THINGS, rows)
        const stored = await client.query('select place::int, said, note, is_so, told, at from things order by place')
        const storable = (one: string): string => one.replaceAll('\u0000', '\uFFFD').toWellFormed()
        t.deepEqual(
          stored.rows,
          rows.map(({ place, said, note, is_so }) => ({
            place,
            said: storable(said),
            note: note === null ? null : storable(note),
            is_so,
            told: JSON.parse(told),
            at: new Date('2026-03-01T12:00:00.123Z'),
          })),
        )
      }),
      { numRuns: 50 },
    )
  } finally {
    await client.end()
  }
})

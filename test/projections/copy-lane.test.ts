import test, { type ExecutionContext } from 'ava'
import { Client, DatabaseError } from 'pg'
import { CopyLane } from '../../projections/copy-lane.ts'
import { afterTests, testDatabase } from '../support/infrastructure.ts'

const ONE = { name: 'one', columns: { n: 'bigint' } } as const
const OTHER = { name: 'other', columns: { n: 'bigint' } } as const

/** A session in a transaction, as a bulk load has it. */
async function session(t: ExecutionContext): Promise<Client> {
  const client = new Client({ connectionString: (await testDatabase(t)).url })
  await client.connect()
  afterTests(() => client.end())
  await client.query('create table one (n bigint primary key); create table other (n bigint)')
  await client.query('begin')
  return client
}

function rows(...numbers: readonly number[]): Buffer[] {
  return numbers.map((n) => Buffer.from(`${n}\n`))
}

test('a question sees the rows that were written before it, and none that were written after', async (t) => {
  const client = await session(t)
  const lane = new CopyLane(client)
  await lane.write(ONE, rows(1, 2))
  await lane.write(ONE, rows(3))
  const first = lane.query('select n::int from one', [])
  await lane.write(OTHER, rows(4))
  await lane.write(ONE, rows(5))
  const second = lane.query(
    'select (select count(*)::int from one) as one, (select count(*)::int from other) as other',
    [],
  )
  t.deepEqual(await first, [{ n: 1 }, { n: 2 }, { n: 3 }])
  t.deepEqual(await second, [{ one: 4, other: 1 }])
  await lane.write(OTHER, rows(6))
  await lane.flush()
  await client.query('commit')
  t.is((await client.query('select from other')).rowCount, 2)
})

test('what failed first is told to all who wait, and the session can be rolled back', async (t) => {
  const client = await session(t)
  const lane = new CopyLane(client)
  await lane.write(ONE, rows(1, 1))
  const asked = lane.query('select 1', [])
  await lane.write(OTHER, rows(2))
  const cause = { instanceOf: DatabaseError, code: '23505' }
  await t.throwsAsync(asked, cause)
  await t.throwsAsync(lane.flush(), cause)
  await lane.abandon()
  await client.query('rollback')
  t.is((await client.query('select from other')).rowCount, 0)
})

test('a load that is given up leaves the session free, wherever it stood', async (t) => {
  const client = await session(t)
  for (const before of ['nothing', 'a COPY', 'a question']) {
    const lane = new CopyLane(client)
    if (before === 'a COPY') await lane.write(OTHER, rows(1))
    if (before === 'a question') lane.query('select pg_sleep(0.2)', []).catch(() => undefined)
    await lane.write(ONE, rows(1))
    await lane.abandon()
    await client.query('rollback')
    t.is((await client.query('select from one')).rowCount, 0, before)
    await client.query('begin')
  }
})

test('who writes more than can be sent waits for it', async (t) => {
  const client = await session(t)
  const lane = new CopyLane(client)
  // The session has something else to do first.
  let isAnswered = false
  const asked = lane.query('select pg_sleep(0.3)', []).then(() => (isAnswered = true))
  const megabyte = Buffer.alloc(1024 * 1024, '0')
  await lane.write(OTHER, [megabyte])
  t.false(isAnswered)
  await lane.write(OTHER, [...Array.from({ length: 8 }, () => megabyte), Buffer.from('1\n')])
  t.true(isAnswered)
  await asked
  await lane.flush()
  // A number may begin with as many zeros as it likes.
  t.deepEqual((await client.query('select n::int from other')).rows, [{ n: 1 }])
})

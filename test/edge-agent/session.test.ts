import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import test from 'ava'
import { escapeIdentifier } from 'pg'
import { openSession } from '../../edge-agent/session.ts'
import { PostgresDatabase } from '../../edge-agent/store/postgres/postgres-database.ts'
import { eventually, testDatabase } from '../support/infrastructure.ts'

test('a session that is given up while it connects leaves none at Postgres', async (t) => {
  const { url, pool } = await testDatabase(t)
  const giveUp = new AbortController()
  const opening = openSession(url, 'of this test', giveUp.signal)
  giveUp.abort(new Error('given up'))
  await t.throwsAsync(opening, { message: 'given up' })
  await eventually(async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and application_name = 'pharos edge of this test'`,
    )
    return rows.length === 0
  })
})

test('a Postgres that takes connections and says nothing is waited for no longer than the signal says', async (t) => {
  const deaf = createServer()
  deaf.listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  t.teardown(() => deaf.close())
  const url = `postgres://nobody@127.0.0.1:${(deaf.address() as AddressInfo).port}/nothing`
  const from = performance.now()
  await t.throwsAsync(openSession(url, 'of this test', AbortSignal.timeout(200)), { name: 'TimeoutError' })
  t.true(performance.now() - from < 4000)
})

test('what is committed is on the disk, on a device whose Postgres is set to be quick instead', async (t) => {
  const { url, pool } = await testDatabase(t)
  const { rows } = await pool.query<{ name: string }>('select current_database() as name')
  await pool.query(`alter database ${escapeIdentifier(rows[0]?.name ?? '')} set synchronous_commit = off`)
  const show = 'show synchronous_commit'
  await using session = await openSession(url, 'of this test')
  t.deepEqual((await session.client.query(show)).rows, [{ synchronous_commit: 'on' }])
  await using store = await PostgresDatabase.open({ connectionString: url, onError: (error) => t.fail(error.message) })
  t.deepEqual(await store.ask(show), [{ synchronous_commit: 'on' }])
})

import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../../edge-agent/store/open-store.ts'
import { testDatabase, type TestDatabase } from '../../support/infrastructure.ts'
import { streamStoreContract, uuid } from './stream-store.contract.ts'

let database: TestDatabase
let schemas = 0

test.before(async (t) => {
  database = await testDatabase(t)
})

async function open(t: ExecutionContext, schema: string, limits = { rows: 1000, bytes: 1_000_000 }) {
  const clock = { ms: Date.parse('2026-03-01T12:00:00Z') }
  const store = await openStore(
    { kind: 'postgres', connectionString: database.url, schema, onError: () => undefined },
    { limits, now: () => clock.ms },
  )
  t.teardown(async () => store.streams[Symbol.asyncDispose]())
  return { ...store, clock }
}

streamStoreContract(test, (t, limits) => open(t, `streams_${++schemas}`, limits))

test('a database of the old layout is taken over: no row is touched, and its streams are asked for', async (t) => {
  await database.pool.query(`
    create schema old_layout;
    create table old_layout."${uuid}" (ts text primary key, value text not null, hash text, provider text);
    insert into old_layout."${uuid}" values ('2024-01-03 12:00:00', '45000.50', 'xyz123', 'central')`)
  const { streams } = await open(t, 'old_layout')
  t.deepEqual(await streams.getAllStreams(), [])
  t.deepEqual(await streams.getStaleStreams(new Date()), [uuid])
  t.deepEqual(await streams.getTableData(uuid), [
    { ts: '2024-01-03 12:00:00', value: '45000.50', hash: 'xyz123', provider: 'central' },
  ])
})

test('a schema has a plain name', async (t) => {
  await t.throwsAsync(open(t, 'x"; drop schema public; --'), { instanceOf: RangeError })
})

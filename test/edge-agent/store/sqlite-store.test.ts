import test, { type ExecutionContext } from 'ava'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from '../../../edge-agent/store/open-store.ts'
import type { SqliteOptions } from '../../../edge-agent/store/sqlite/sqlite-database.ts'
import { StoreFull } from '../../../edge-agent/store/stream-store.ts'
import { observation, other, streamStoreContract, uuid } from './stream-store.contract.ts'

async function directory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pharos-edge-store-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

async function open(t: ExecutionContext, options: SqliteOptions, limits = { rows: 1000, bytes: 1_000_000 }) {
  const clock = { ms: Date.parse('2026-03-01T12:00:00Z') }
  const store = await openStore({ kind: 'sqlite', ...options }, { limits, now: () => clock.ms })
  t.teardown(() => store.streams[Symbol.asyncDispose]())
  return { ...store, clock }
}

streamStoreContract(test, async (t, limits) => open(t, { file: join(await directory(t), 'engine.db') }, limits))

/** A database as clients have them from before: one table per stream, and nothing that says what they are. */
function oldLayout(file: string): void {
  const old = new DatabaseSync(file)
  old.exec(`
    create table "${uuid}" (ts TIMESTAMP PRIMARY KEY NOT NULL, value NUMERIC(20, 10) NOT NULL, hash TEXT NOT NULL, provider TEXT NOT NULL);
    insert into "${uuid}" values ('2024-01-03 12:00:00', '45000.50', 'xyz123', 'central'), ('2024-01-03 13:00:00', '45100.25', 'xyz124', 'central');
    create table "${other}" (ts, value, hash, provider);
    insert into "${other}" values ('2024-01-03 12:00', 1, 'a', 'central'), ('2024-01-03 12:00', 1, 'a', 'central');
    create table wallet (secret TEXT);
    insert into wallet values ('kept')`)
  old.close()
}

const dump = (file: string): unknown[] => {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return [uuid, other, 'wallet'].map((name) => database.prepare(`select rowid, * from "${name}"`).all())
  } finally {
    database.close()
  }
}

test('a database of the old layout is migrated without a row touched, and filled in as observations come', async (t) => {
  const file = join(await directory(t), 'engine.db')
  oldLayout(file)
  const before = dump(file)
  const { streams, clock } = await open(t, { file })
  await streams.createStreamsTable()
  t.deepEqual(dump(file), before)
  t.deepEqual(await streams.getAllStreams(), [])
  t.deepEqual(await streams.getStaleStreams(new Date(clock.ms)), [uuid, other])

  t.true(await streams.storeStreamObservation(uuid, { ...observation, ts: '2024-01-03T14:00:00', hash: null }))
  t.false(
    await streams.storeStreamObservation(uuid, {
      ...observation,
      value: '45100.25',
      ts: '2024-01-03T13:00:00',
      hash: 'xyz124',
    }),
  )
  t.like(await streams.getStreamByUuid(uuid), { id: 1, name: 'bitcoin', server_stream_id: 1 })
  t.deepEqual(await streams.getStaleStreams(new Date(clock.ms)), [other])
  t.is((await streams.getTableData(uuid)).length, 3)
  // Whoever wrote rows twice keeps them twice.
  t.true(await streams.insertRow(other, '2024-01-03 13:00:00', '2', 'b', 'central'))
  t.deepEqual(
    (await streams.getTableData(other)).map(({ ts, value }) => [ts, value]),
    [
      ['2024-01-03 12:00', '1'],
      ['2024-01-03 12:00', '1'],
      ['2024-01-03 13:00:00', '2'],
    ],
  )
  t.deepEqual(dump(file).at(-1), before.at(-1))
})

test('the table of streams is the one that was asked for', async (t) => {
  const file = join(await directory(t), 'engine.db')
  await open(t, { file })
  const database = new DatabaseSync(file, { readOnly: true })
  t.teardown(() => database.close())
  const columns = database.prepare('pragma table_info(streams)').all() as {
    name: string
    type: string
    pk: number
    notnull: number
  }[]
  t.deepEqual(
    columns.map(({ name, type }) => `${name} ${type}`),
    [
      'id INTEGER',
      'server_stream_id INTEGER',
      'uuid TEXT',
      'name TEXT',
      'secondary TEXT',
      'meta TEXT',
      'description TEXT',
      'last_synced TIMESTAMP',
      'created_at TIMESTAMP',
    ],
  )
  const indexed = database
    .prepare(
      `select group_concat(info.name) as columns from pragma_index_list('streams') as list, pragma_index_info(list.name) as info group by list.name`,
    )
    .all() as { columns: string }[]
  for (const column of ['uuid', 'name', 'server_stream_id'])
    t.true(
      indexed.some(({ columns: of }) => of === column),
      column,
    )
})

test('what was stored is there after a new start', async (t) => {
  const file = join(await directory(t), 'engine.db')
  const first = await openStore({ kind: 'sqlite', file })
  await first.streams.storeStreamObservations(uuid, [observation], { cursor: 'here' })
  await first.outbox.put({ stream: uuid, value: '1', observed_at: '1704326400', id: 'a' })
  await first.streams[Symbol.asyncDispose]()
  const { streams, outbox } = await open(t, { file })
  t.is((await streams.getTableData(uuid)).length, 1)
  t.is(await streams.getCursor(uuid), 'here')
  t.is((await outbox.first(10)).length, 1)
})

for (const [what, damage] of [
  [
    'that is no database',
    async (file: string) => writeFile(file, 'this is no database, whatever its name says'.repeat(100)),
  ],
  [
    'that is damaged in the middle',
    async (file: string) => {
      const bytes = await readFile(file)
      await writeFile(file, bytes.fill(0x5a, 4096, bytes.length - 100))
    },
  ],
] as const)
  test(`a file ${what} is kept aside, said so, and a new one is begun`, async (t) => {
    const path = await directory(t)
    const file = join(path, 'engine.db')
    const first = await openStore({ kind: 'sqlite', file })
    const many = Array.from({ length: 500 }, (_, n) => ({ value: `${n}`, observed_at: n }))
    await first.streams.storeStreamObservations(uuid, many)
    await first.streams[Symbol.asyncDispose]()
    await damage(file)
    const damaged = await readFile(file)
    const told: string[] = []
    const options = { file, onCorrupt: (error: Error, keptAt: string) => void told.push(error.name, keptAt) }
    const { streams } = await open(t, options)
    t.deepEqual(told, ['StoreCorrupt', `${file}.corrupt-1`])
    t.deepEqual(await readFile(`${file}.corrupt-1`), damaged)
    t.deepEqual(await streams.getTableData(uuid), [])
    t.true(await streams.storeStreamObservation(uuid, observation))
    await streams[Symbol.asyncDispose]()
    // Another time: nothing that was kept is written over.
    await writeFile(file, 'again no database'.repeat(100))
    await open(t, options)
    t.deepEqual((await readdir(path)).filter((name) => /corrupt-\d$/.test(name)).toSorted(), [
      'engine.db.corrupt-1',
      'engine.db.corrupt-2',
    ])
  })

test('a full disk is said, nothing is half stored; what waits for the link gives way to what is newer', async (t) => {
  const file = join(await directory(t), 'engine.db')
  const { streams, outbox } = await open(t, { file, maxBytes: 200_000 }, { rows: 1_000_000, bytes: 1_000_000_000 })
  const put = (n: number) =>
    outbox.put({ stream: uuid, value: `${n}`, observed_at: '1704326400', id: `id-${String(n).padStart(6, '0')}` })
  for (let n = 0; n < 3000; n++) t.true(await put(n))
  const { waiting, dropped } = await outbox.counts()
  t.is(waiting + dropped, 3000)
  t.true(dropped > 0 && waiting > 100, `${waiting} wait, ${dropped} were dropped`)
  const [oldest] = await outbox.first(1)
  t.is(oldest?.observation.id, `id-${String(dropped).padStart(6, '0')}`)

  const many = Array.from({ length: 5000 }, (_, n) => ({ value: `${n}`, observed_at: n, hash: `hash-${n}` }))
  await t.throwsAsync(streams.storeStreamObservations(uuid, many, { cursor: 'far' }), { instanceOf: StoreFull })
  t.deepEqual(await streams.getTableData(uuid), [])
  t.is(await streams.getCursor(uuid), undefined)
  // With the outbox emptied there is room again.
  await outbox.done(Number.MAX_SAFE_INTEGER, { forwarded: waiting, refused: 0 })
  t.is(await streams.storeStreamObservations(uuid, many.slice(0, 500)), 500)
})

import type { ExecutionContext, TestFn } from 'ava'
import type { OpenStore } from '../../../edge-agent/store/open-store.ts'
import { HostileUuid } from '../../../edge-agent/store/stream-store.ts'
import type { OutboxLimits } from '../../../edge-agent/store/outbox.ts'

export const uuid = '6f1c1c1e-0000-4000-8000-000000000001'
export const other = '6f1c1c1e-0000-4000-8000-000000000002'
/** The answer of `GET /api/v1/observation/get`, as the requirement shows it. */
export const observation = {
  id: 123,
  value: '45000.50',
  observed_at: '1704326400',
  hash: 'abc123',
  stream_id: 1,
  stream: { id: 1, name: 'bitcoin', secondary: null, meta: null, description: null },
  ts: '2024-01-03T12:00:00',
}

/** A clock that stands until it is moved. */
export interface TestClock {
  ms: number
}

export interface StoreFixture extends OpenStore {
  readonly clock: TestClock
}

/** What every store of a client does. `open` makes an empty one. */
export function streamStoreContract(
  test: TestFn,
  open: (t: ExecutionContext, limits?: OutboxLimits) => Promise<StoreFixture>,
): void {
  test('an observation is stored with what it says of its stream', async (t) => {
    const { streams } = await open(t)
    await streams.createStreamsTable()
    t.true(await streams.storeStreamObservation(uuid, observation, 'central'))
    const stream = await streams.getStreamByName('bitcoin')
    t.like(stream, { server_stream_id: 1, uuid, name: 'bitcoin', secondary: null, meta: null, description: null })
    t.deepEqual(await streams.getStreamByUuid(uuid), stream)
    t.is(await streams.getStreamUuidByName('bitcoin'), uuid)
    t.deepEqual(await streams.getAllStreams(), [stream!])
    t.deepEqual(await streams.getTableData(uuid), [
      { ts: '2024-01-03 12:00:00', value: '45000.50', hash: 'abc123', provider: 'central' },
    ])
  })

  test('an observation of the old shape is stored, and tells nothing of its stream', async (t) => {
    const { streams } = await open(t)
    const { stream: _, stream_id: __, ...old } = observation
    t.true(await streams.storeStreamObservation(uuid, old))
    t.is((await streams.getTableData(uuid)).length, 1)
    t.deepEqual(await streams.getAllStreams(), [])
    t.deepEqual(await streams.getStaleStreams(new Date(0)), [uuid])
    // The next one tells.
    t.true(await streams.storeStreamObservation(uuid, { ...observation, hash: 'later', ts: '2024-01-03T13:00:00' }))
    t.is((await streams.getStreamByUuid(uuid))?.name, 'bitcoin')
    t.deepEqual(await streams.getStaleStreams(new Date(0)), [])
  })

  test('an upsert keeps id and created_at and what was not sent, clears what was sent as null, moves last_synced', async (t) => {
    const { streams, clock } = await open(t)
    const first = await streams.upsertStream({ uuid, name: 'bitcoin', description: 'A coin', server_stream_id: 7 })
    await streams.upsertStream({ uuid: other, name: 'ethereum' })
    clock.ms += 60_000
    const second = await streams.upsertStream({ uuid, name: 'Bitcoin', secondary: 'spot' })
    t.deepEqual(second, { ...first, name: 'Bitcoin', secondary: 'spot', last_synced: new Date(clock.ms).toISOString() })
    const third = await streams.upsertStream({ uuid, description: null })
    t.deepEqual(third, { ...second, description: null })
    t.deepEqual(
      (await streams.getAllStreams()).map(({ name }) => name),
      ['Bitcoin', 'ethereum'],
    )
  })

  test('streams of one name are told apart by the secondary one', async (t) => {
    const { streams } = await open(t)
    await streams.upsertStream({ uuid, name: 'power', secondary: 'north' })
    await streams.upsertStream({ uuid: other, name: 'power', secondary: 'south' })
    t.is(await streams.getStreamUuidByName('power'), uuid)
    t.is(await streams.getStreamUuidByName('power', 'south'), other)
    t.is(await streams.getStreamUuidByName('power', 'west'), undefined)
  })

  test('staleness is visible', async (t) => {
    const { streams, clock } = await open(t)
    await streams.upsertStream({ uuid, name: 'bitcoin' })
    clock.ms += 60_000
    await streams.upsertStream({ uuid: other, name: 'ethereum' })
    t.deepEqual(await streams.getStaleStreams(new Date(clock.ms - 30_000)), [uuid])
    t.deepEqual(await streams.getStaleStreams(new Date(clock.ms - 90_000)), [])
  })

  test('duplicates are one row, and out of order rows come in order', async (t) => {
    const { streams } = await open(t)
    const at = (hour: number, more: object = {}) => ({
      value: String(hour),
      hash: `h${hour}`,
      ts: `2024-01-03T0${hour}:00:00`,
      ...more,
    })
    t.is(await streams.storeStreamObservations(uuid, [at(3), at(1), at(3), at(2)], { provider: 'p' }), 3)
    t.is(await streams.storeStreamObservations(uuid, [at(2), at(1), at(4)]), 1)
    // Without a hash the value tells; the same moment may have two.
    t.is(
      await streams.storeStreamObservations(uuid, [
        at(5, { hash: null }),
        at(5, { hash: null }),
        at(5, { hash: null, value: '6' }),
      ]),
      2,
    )
    t.false(await streams.insertRow(uuid, '2024-01-03 01:00:00', '1', 'h1', 'p'))
    t.true(await streams.insertRow(uuid, '2024-01-03 00:30:00.5', '0.5', null, null))
    t.deepEqual(
      (await streams.getTableData(uuid)).map(({ value }) => value),
      ['0.5', '1', '2', '3', '4', '5', '6'],
    )
    t.is((await streams.getTableData(uuid, 2)).length, 2)
    t.deepEqual(await streams.getTableData(other), [])
  })

  test('digits are kept, and every moment is UTC', async (t) => {
    const { streams } = await open(t)
    const value = '0.12345678901234567890123456789012345678901234567890'
    await streams.storeStreamObservation(uuid, { value, observed_at: '1704326400.25' })
    await streams.storeStreamObservation(uuid, { value: '1.10', ts: '2024-01-04T02:00:00+02:00' })
    t.deepEqual(
      (await streams.getTableData(uuid)).map((row) => [row.ts, row.value]),
      [
        ['2024-01-04 00:00:00', '1.10'],
        ['2024-01-04 00:00:00.25', value],
      ],
    )
  })

  test('what is no observation is refused with its field, and nothing of its batch is stored', async (t) => {
    const { streams } = await open(t)
    const bad = [{ value: 'NaN', ts: observation.ts }, { value: '1', ts: 'yesterday' }, { value: '1' }]
    for (const one of bad)
      await t.throwsAsync(streams.storeStreamObservations(uuid, [observation, one]), {
        instanceOf: RangeError,
        message: /^(value|observed_at or ts) must/,
      })
    t.deepEqual(await streams.getAllStreams(), [])
    t.deepEqual(await streams.getTableData(uuid), [])
  })

  test('a hostile uuid is refused everywhere, a hostile name is only a name', async (t) => {
    const { streams } = await open(t)
    await streams.upsertStream({ uuid, name: 'x' })
    for (const hostile of [
      'streams',
      'x"; drop table streams; --',
      `${uuid}"`,
      '',
      'sqlite_master',
      `${uuid}\n`,
      '../x',
    ]) {
      const calls = [
        () => streams.upsertStream({ uuid: hostile }),
        () => streams.getStreamByUuid(hostile),
        () => streams.storeStreamObservation(hostile, observation),
        () => streams.insertRow(hostile, observation.ts, '1', null, null),
        () => streams.getTableData(hostile),
        () => streams.getCursor(hostile),
      ]
      for (const call of calls) await t.throwsAsync(call, { instanceOf: HostileUuid })
    }
    const name = `'; drop table streams; --"`
    await streams.upsertStream({ uuid, name })
    t.is(await streams.getStreamUuidByName(name), uuid)
    t.is(await streams.getStreamUuidByName("' or 1=1 --"), undefined)
    // Upper case is the same UUID.
    t.is((await streams.getStreamByUuid(uuid.toUpperCase()))?.uuid, uuid)
  })

  test('the cursor moves with the rows', async (t) => {
    const { streams } = await open(t)
    t.is(await streams.getCursor(uuid), undefined)
    await streams.storeStreamObservations(uuid, [observation], { cursor: 'one' })
    t.is(await streams.getCursor(uuid), 'one')
    await t.throwsAsync(streams.storeStreamObservations(uuid, [{ value: 'x', ts: observation.ts }], { cursor: 'two' }))
    t.is(await streams.getCursor(uuid), 'one')
    await streams.storeStreamObservations(uuid, [], { cursor: 'two' })
    t.is(await streams.getCursor(uuid), 'two')
  })

  const outgoing = (n: number) => ({ stream: uuid, value: `${n}`, observed_at: '2024-01-04T00:00:00Z', id: `id-${n}` })

  test('the outbox keeps its order, and each observation once', async (t) => {
    const { outbox } = await open(t)
    for (const n of [1, 2, 3]) t.true(await outbox.put(outgoing(n)))
    t.false(await outbox.put(outgoing(2)))
    const waiting = await outbox.first(2)
    t.deepEqual(
      waiting.map((one) => one.observation),
      [outgoing(1), outgoing(2)],
    )
    await outbox.done(waiting[1]?.place ?? 0, { forwarded: 1, refused: 1 })
    t.deepEqual(
      (await outbox.first(10)).map((one) => one.observation.id),
      ['id-3'],
    )
    const { bytes, ...counts } = await outbox.counts()
    t.deepEqual(counts, { waiting: 1, forwarded: 1, dropped: 0, refused: 1 })
    t.is(bytes, JSON.stringify(outgoing(3)).length)
    await t.throwsAsync(outbox.put({ ...outgoing(4), stream: 'x"' }), { instanceOf: HostileUuid })
  })

  test('beyond its limits the oldest are dropped, and counted', async (t) => {
    const { outbox } = await open(t, { rows: 3, bytes: 1_000_000 })
    for (let n = 1; n <= 10; n++) await outbox.put(outgoing(n))
    t.deepEqual(
      (await outbox.first(10)).map((one) => one.observation.id),
      ['id-8', 'id-9', 'id-10'],
    )
    t.like(await outbox.counts(), { waiting: 3, dropped: 7 })
  })

  test('its limit is one of bytes, too', async (t) => {
    const one = JSON.stringify(outgoing(1)).length
    const { outbox } = await open(t, { rows: 1000, bytes: 3 * one })
    for (let n = 1; n <= 9; n++) await outbox.put(outgoing(n))
    t.like(await outbox.counts(), { waiting: 3, dropped: 6, bytes: 3 * one })
  })
}

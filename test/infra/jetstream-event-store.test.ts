import test, { type ExecutionContext } from 'ava'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import fc from 'fast-check'
import {
  type Conditions,
  EventStoreUnavailable,
  type Guard,
  type Seal,
  type Write,
} from '../../commands/event-store.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { storedLine } from '../../gateways/cli/replay/stored-line.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore, type JetStreamEventStoreOptions } from '../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../infra/streams.ts'
import { isUnreadable } from '../../schemas/events/unreadable.ts'
import { alias, aWrite } from '../commands/a-write.ts'
import { eventStoreContract } from '../commands/event-store.contract.ts'
import { gathered } from '../support/gathered.ts'
import { eventually, testNats } from '../support/infrastructure.ts'

async function open(
  t: ExecutionContext,
  options: Partial<JetStreamEventStoreOptions> = {},
): Promise<JetStreamEventStore> {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  return JetStreamEventStore.open(connection, options)
}

eventStoreContract(test.serial, open)

test.serial('it answers to any sequence of appends, retries among them, as the specification does', async (t) => {
  const store = await open(t)
  const specification = new InMemoryEventStore((await store.head()).epoch)
  const names = ['a', 'b', 'c', 'd']
  const sent: [Write[], Conditions][] = []
  const step = fc.record({
    names: fc.shuffledSubarray(names, { minLength: 1 }),
    guards: fc.nat(2),
    seals: fc.boolean(),
    off: fc.constantFrom(0, 0, 0, -1, 1),
    retry: fc.option(fc.nat(50), { freq: 3 }),
  })
  for (const { names: chosen, guards: count, seals: sealed, off, retry } of fc.sample(step, {
    numRuns: 300,
    seed: 42,
  })) {
    const writes: Write[] = []
    const [guards, seals]: [Guard[], Seal[]] = [[], []]
    for (const [i, name] of chosen.entries()) {
      const subject = alias(name)
      const expectedRevision = Math.max(0, (await specification.lastRevision(subject)) + off)
      if (i > 0 && i <= count) guards.push({ subject, expectedRevision })
      else writes.push(aWrite(subject, expectedRevision))
      if (i === 0 && sealed) seals.push({ subject, lastGuard: await specification.lastGuard(subject) })
    }
    const append = (retry === null ? undefined : sent.at(-retry)) ?? [writes, { guards, seals }]
    sent.push(append)
    t.deepEqual(await store.append(...append), await specification.append(...append))
  }
  for (const name of names) {
    t.deepEqual(await store.readAggregate(alias(name)), await specification.readAggregate(alias(name)))
  }
})

test.serial('pages of an aggregate join without a gap or a repetition', async (t) => {
  const store = await open(t, { pageSize: 2 })
  for (let length = 0; length < 6; length++) {
    const events = await store.readAggregate(alias('a'))
    t.is(events.length, length)
    const last = events.at(-1)?.sequence ?? 0
    t.is((await store.append([aWrite(alias('a'), last), aWrite(alias(`other${length}`))])).status, 'appended')
  }
})

test.serial('an aggregate is whole where the replica that answers lags', async (t) => {
  const connection = await (await testNats(t)).connect()
  // As the stream serves no direct reads, this subscription is the only replica, and it has not got any message yet.
  await applyTopology(connection, [{ ...streams[0], allow_direct: false }])
  let asked = 0
  connection.subscribe('$JS.API.DIRECT.GET.EVENTS', {
    callback: (_, message) => {
      asked++
      message.respond('', { headers: headers(404, 'Message Not Found') })
    },
  })
  const store = await JetStreamEventStore.open(connection)
  for (const revision of [0, 1, 2]) await store.append([aWrite(alias('a'), revision)])
  t.is((await store.readAggregate(alias('a'))).length, 3)
  t.true(asked > 0)
})

test.serial('a read ends with an error when the stream is made anew: it would be another epoch', async (t) => {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const store = await JetStreamEventStore.open(connection)
  await store.append([aWrite(alias('a'))])
  const reading = store.readAll({ fromSequence: 1, signal: AbortSignal.timeout(60_000) })[Symbol.asyncIterator]()
  await reading.next()
  const waiting = reading.next()
  const before = await store.head()
  await (await jetstreamManager(connection)).streams.delete('EVENTS')
  await applyTopology(connection, streams)
  await t.throwsAsync(waiting, { instanceOf: EventStoreUnavailable })
  const after = await store.head()
  t.is(after.sequence, 0)
  t.true(after.epoch > before.epoch)
})

test.serial('a read leaves no consumer behind, however it ends', async (t) => {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const store = await JetStreamEventStore.open(connection)
  await store.append([aWrite(alias('a'))])
  const signal = AbortSignal.timeout(60_000)
  const read: number[] = []
  for await (const { sequence } of store.readAll({ fromSequence: 1, untilSequence: 1, signal })) read.push(sequence)
  t.deepEqual(read, [1])
  for await (const _ of store.readAll({ fromSequence: 1, signal })) break
  const manager = await jetstreamManager(connection)
  await eventually(async () => (await manager.streams.info('EVENTS')).state.consumer_count === 0)
})

test.serial(
  'a read with texts gives each event as it stands in the stream, and what is none as one that says so',
  async (t) => {
    const connection = await (await testNats(t)).connect()
    await applyTopology(connection, streams)
    const store = await JetStreamEventStore.open(connection)
    await store.append([aWrite(alias('a'), 0, { data: { name: 'Zürich 東京' } }), aWrite(alias('b'))])
    const inLines = JSON.stringify(aWrite(alias('c')).envelope, null, 2)
    for (const message of [inLines, 'no "JSON"\n', Uint8Array.of(0xff)])
      await jetstream(connection).publish('evt.x', message)
    await store.append([aWrite(alias('d'))])
    const manager = await jetstreamManager(connection)
    const signal = AbortSignal.timeout(60_000)
    const read = (await gathered(store.readAllStored({ fromSequence: 1, untilSequence: 6, signal }))).flat()
    t.deepEqual(read.map(isUnreadable), [false, false, false, true, true, false])
    for (const [i, event] of read.entries()) {
      const { sequence, subject, text, envelope } = event
      const stored = await manager.streams.getMessage('EVENTS', { seq: i + 1 })
      t.is(sequence, i + 1)
      t.is(subject, stored?.subject ?? '')
      if (!isUnreadable(event)) t.is(text, stored?.string() ?? '')
      t.deepEqual(JSON.parse(text), envelope)
      const line = storedLine(event)
      t.deepEqual(JSON.parse(line), { sequence, subject, envelope })
      t.false(line.includes('\n'))
    }
  },
)

test.serial('a read with texts gives many at a time, in order and to the last, and waits for no others', async (t) => {
  const store = await open(t)
  await store.append(Array.from({ length: 900 }, (_, i) => aWrite(alias(`n${i}`))))
  const signal = AbortSignal.timeout(60_000)
  const batches: (readonly number[])[] = []
  for await (const events of store.readAllStored({ fromSequence: 3, untilSequence: 850, signal }))
    batches.push(events.map(({ sequence }) => sequence))
  t.deepEqual(
    batches.flat(),
    Array.from({ length: 848 }, (_, i) => i + 3),
  )
  t.true(batches.length < 400)
  const tail = store.readAllStored({ fromSequence: 901, signal })[Symbol.asyncIterator]()
  for (const sequence of [901, 902]) {
    const next = tail.next()
    await store.append([aWrite(alias(`later${sequence}`))])
    t.deepEqual(
      (await next).value?.map(({ sequence: given }: { sequence: number }) => given),
      [sequence],
    )
  }
  await tail.return?.()
})

test.serial('appends that wait in vain beyond the limit are turned away', async (t) => {
  const store = await open(t, { groupCommit: { waiting: 3 } })
  const results = await Promise.all(Array.from({ length: 5 }, (_, i) => store.append([aWrite(alias(`n${i}`))])))
  t.deepEqual(
    results.map((result) => result.status),
    ['appended', 'appended', 'appended', 'unavailable', 'unavailable'],
  )
})

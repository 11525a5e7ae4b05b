import test, { type ExecutionContext } from 'ava'
import { jetstream, JetStreamApiError } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { ulid } from 'ulid'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { aliases } from '../../commands/alias/aliases.ts'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { publishAtomically } from '../../infra/jetstream/atomic-batch.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { streams } from '../../infra/streams.ts'
import type { ActorId, CommandId } from '../../schemas/ids.ts'
import { alias, aWrite } from '../commands/a-write.ts'
import { channel } from '../projections/alias-events.ts'
import { afterTests, eventually, testNats } from '../support/infrastructure.ts'
import { breakableLink } from './breakable-link.ts'
import { eventStreamFront, type FrontRule } from './event-stream-front.ts'

const WRONG_SEQUENCE = [
  { error: { code: 400, err_code: 10071, description: 'wrong last sequence: 0' }, stream: 'EVENTS', seq: 0 },
  { error: { code: 400, err_code: 10164, description: 'wrong last sequence' }, stream: 'EVENTS', seq: 0 },
]

/** Patient, so that on a slow machine nothing times out that is answered; where answers are lost, tests are not. */
const PATIENT = { requestTimeoutMs: 20_000, appendDeadlineMs: 40_000 }
const LOSSY = { requestTimeoutMs: 250, appendDeadlineMs: 40_000 }

async function behindFront(t: ExecutionContext, rule: (attempt: number) => FrontRule, options = PATIENT) {
  const nats = await testNats(t)
  const front = await eventStreamFront(await nats.connect(), rule)
  return { front, store: await JetStreamEventStore.open(await nats.connect(), options) }
}

for (const answer of WRONG_SEQUENCE) {
  const code = answer.error.err_code

  test.serial(`${code} for a write that is stored is a duplicate`, async (t) => {
    const { store } = await behindFront(t, (attempt) => (attempt === 1 ? 'pass' : { answer }))
    const write = aWrite(alias('a'))
    t.is((await store.append([write])).status, 'appended')
    t.deepEqual(await store.append([write]), { status: 'duplicate', revisions: [1] })
  })

  test.serial(`${code} where another was first is a conflict`, async (t) => {
    const { store } = await behindFront(t, (attempt) => (attempt === 1 ? 'pass' : { answer }))
    await store.append([aWrite(alias('a'))])
    const conflict = { status: 'conflict', subject: alias('a'), expected: 0, actual: 1 } as const
    t.deepEqual(await store.append([aWrite(alias('a'))]), conflict)
  })

  test.serial(`${code} where nothing stands in the way any more is tried again`, async (t) => {
    const { store, front } = await behindFront(t, (attempt) => (attempt === 1 ? { answer } : 'pass'))
    t.deepEqual(await store.append([aWrite(alias('a'))]), { status: 'appended', revisions: [1] })
    t.is(front.tries(), 2)
  })
}

test.serial('a lost acknowledgement of one write: stored once, and said so', async (t) => {
  const { store } = await behindFront(t, () => 'lose-ack', LOSSY)
  t.deepEqual(await store.append([aWrite(alias('a'))]), { status: 'duplicate', revisions: [1] })
  t.is((await store.head()).sequence, 1)
})

test.serial('a lost acknowledgement of several writes: stored once, and said so', async (t) => {
  const { store } = await behindFront(t, () => 'lose-ack', LOSSY)
  const result = await store.append([aWrite(alias('a')), aWrite(alias('b'))])
  t.deepEqual(result, { status: 'duplicate', revisions: [1, 2] })
  t.is((await store.head()).sequence, 2)
})

test.serial('a lost acknowledgement of a group: each append learns its own revision', async (t) => {
  const { store } = await behindFront(t, () => 'lose-ack', LOSSY)
  const results = await Promise.all(['a', 'b', 'c'].map((name) => store.append([aWrite(alias(name))])))
  t.deepEqual(
    results,
    [1, 2, 3].map((revision) => ({ status: 'duplicate', revisions: [revision] })),
  )
})

test.serial(
  'a set of a thousand whose acknowledgement is lost is known again, however slowly answers come',
  async (t) => {
    const nats = await testNats(t)
    const front = await eventStreamFront(await nats.connect(), (attempt) => (attempt === 1 ? 'lose-ack' : 'pass'))
    // The answers to a thousand single questions, asked at once, take longer than any one of them may.
    const link = await breakableLink(new URL(nats.url).host, 1_000_000)
    const connection = await connect({ ...natsConnectOptions(nats.url), servers: link.address })
    afterTests(() => connection.close())
    const store = await JetStreamEventStore.open(connection, { requestTimeoutMs: 1000, appendDeadlineMs: 10_000 })
    const { epoch } = await store.head()
    const parts = { store, policy: createCaslPolicy(), now: Date.now, newId: ulid, epoch, source: 'test' }
    const operations = Array.from({ length: 1000 }, (_, n) => {
      const target = { kind: 'channel', channelId: channel(n) }
      return { op: 'register', scope: { kind: 'site', site: 'KSEA' }, name: `name_${n}`, target }
    })
    const result = await commandHandler(aliases, parts).handle({
      type: 'alias.apply-change-set',
      actor: { id: 'root' as ActorId, roles: ['admin'] },
      request: { commandId: ulid() as CommandId, data: { operations, onConflict: 'skip' } },
    })
    t.like(result, { status: 'duplicate', revision: 1, events: { length: 1000 } }, JSON.stringify(result).slice(0, 300))
    t.is((await store.head()).sequence, 1000)
    t.true(front.tries() <= 2)
  },
)

test.serial('a lost message is sent again under the same id', async (t) => {
  const { store, front } = await behindFront(t, (attempt) => (attempt < 3 ? 'lose-message' : 'pass'), LOSSY)
  const write = aWrite(alias('a'))
  t.like(await store.append([write]), { revisions: [1] })
  t.true(front.tries() >= 3)
  t.true(front.seen.every(({ id }) => id === write.messageId))
  t.is((await store.head()).sequence, 1)
})

test.serial('no answer up to the deadline is unavailable', async (t) => {
  const { store, front } = await behindFront(t, () => 'lose-message', { requestTimeoutMs: 100, appendDeadlineMs: 400 })
  t.like(await store.append([aWrite(alias('a'))]), { status: 'unavailable', reason: 'timeout' })
  t.true(front.tries() > 1)
})

test.serial('refusals that pass, with a code or without, are waited out', async (t) => {
  const answers: unknown[] = [
    { error: { code: 429, err_code: 10210, description: 'atomic publish too many inflight' } },
    { error: { code: 400, err_code: 10176, description: 'atomic publish batch is incomplete' } },
    { error: { code: 500, description: 'no code' } },
  ]
  const { store, front } = await behindFront(t, (attempt) =>
    attempt > answers.length ? 'pass' : { answer: answers[attempt - 1] },
  )
  const result = await store.append([aWrite(alias('a')), aWrite(alias('b'))])
  t.deepEqual(result, { status: 'appended', revisions: [1, 2] })
  t.is(front.tries(), 4)
})

test.serial('a refusal that cannot pass throws', async (t) => {
  const answer = { error: { code: 400, err_code: 10174, description: 'atomic publish is disabled' } }
  const { store } = await behindFront(t, () => ({ answer }))
  await t.throwsAsync(store.append([aWrite(alias('a'))]), { message: /atomic publish is disabled \(10174\)/ })
})

test.serial('no stream: nobody answers, appends are unavailable and reads throw', async (t) => {
  const options = { requestTimeoutMs: 250, appendDeadlineMs: 250 }
  const store = await JetStreamEventStore.open(await (await testNats(t)).connect(), options)
  t.is((await store.append([aWrite(alias('a'))])).status, 'unavailable')
  const away = { instanceOf: EventStoreUnavailable }
  await t.throwsAsync(store.readAggregate(alias('a')), away)
  await t.throwsAsync(store.lastRevision(alias('a')), away)
  await t.throwsAsync(store.head(), away)
  const reading = store.readAll({ fromSequence: 1, signal: AbortSignal.timeout(60_000) })
  await t.throwsAsync(reading[Symbol.asyncIterator]().next(), away)
})

test.serial(
  'the server calls a retry with a stale expectation a wrong sequence: that is why stores look',
  async (t) => {
    const connection = await (await testNats(t)).connect()
    await applyTopology(connection, streams)
    const send = () =>
      jetstream(connection).publish('evt.alias.a', '{}', { msgID: 'x', expect: { lastSubjectSequence: 0 } })
    await send()
    const error = await t.throwsAsync(send, { instanceOf: JetStreamApiError })
    t.true(error instanceof JetStreamApiError && error.code === 10071)
  },
)

test.serial('two appends to one aggregate never share a batch', async (t) => {
  const { store, front } = await behindFront(t, () => 'pass')
  const names = Array.from({ length: 60 }, (_, i) => `n${i % 7}`)
  const results = await Promise.all(names.map((name) => store.append([aWrite(alias(name))])))
  t.is(results.filter((result) => result.status === 'appended').length, 7)
  const inBatches = front.seen.filter(({ batch }) => batch !== '').map(({ batch, subject }) => `${batch} ${subject}`)
  t.true(inBatches.length > 0)
  t.is(new Set(inBatches).size, inBatches.length)
})

test.serial(
  'a lost connection is unavailable at once, for who waits and who comes, and recovers by itself',
  async (t) => {
    const nats = await testNats(t)
    const link = await breakableLink(new URL(nats.url).host)
    const reconnect = { maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 0 }
    const connection = await connect({ ...natsConnectOptions(nats.url), servers: link.address, ...reconnect })
    afterTests(() => connection.close())
    await applyTopology(connection, streams)
    // So long that no timeout can be the reason for any answer in this test.
    const store = await JetStreamEventStore.open(connection, { requestTimeoutMs: 60_000, appendDeadlineMs: 60_000 })
    await store.append([aWrite(alias('a'))])

    const reading = store.readAll({ fromSequence: 1, signal: AbortSignal.timeout(60_000) })[Symbol.asyncIterator]()
    t.is((await reading.next()).value?.sequence, 1)
    const waiting = reading.next()
    link.cut()
    const [underWay] = await Promise.all([
      store.append([aWrite(alias('b'))]),
      t.throwsAsync(waiting, { instanceOf: EventStoreUnavailable }),
    ])
    t.is(underWay.status, 'unavailable')
    t.is((await store.append([aWrite(alias('c'))])).status, 'unavailable')
    await t.throwsAsync(store.readAggregate(alias('a')), { instanceOf: EventStoreUnavailable })
    await t.throwsAsync(store.lastRevision(alias('a')), { instanceOf: EventStoreUnavailable })

    link.mend()
    const write = aWrite(alias('d'))
    await eventually(async () => (await store.append([write])).status !== 'unavailable')
    t.is((await store.readAggregate(alias('d'))).length, 1)
  },
)

test.serial('a message holds one expectation: with one on another subject its own is not looked at', async (t) => {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const store = await JetStreamEventStore.open(connection)
  await store.append([aWrite(alias('company'))])
  await store.append([aWrite(alias('user'))])
  const publish = async (expectedRevision: number): Promise<object> =>
    (
      await publishAtomically(
        connection,
        [{ subject: alias('user'), expectedRevision, expectedOn: alias('company'), payload: new Uint8Array() }],
        5000,
      )
    ).json<object>()
  t.like(await publish(1), { seq: 3 }, 'the user stood at 2, and nobody asked')
  t.like(await publish(7), { error: { err_code: 10_071 } })
})

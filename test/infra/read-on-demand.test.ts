import { jetstreamManager } from '@nats-io/jetstream'
import test, { type ExecutionContext } from 'ava'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventLog } from '../../infra/jetstream/jetstream-event-log.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../infra/streams.ts'
import { alias, aWrite } from '../commands/a-write.ts'
import { eventually, testNats } from '../support/infrastructure.ts'

async function open(t: ExecutionContext) {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const manager = await jetstreamManager(connection)
  const log = await JetStreamEventLog.open(connection, 'EVENTS')
  const stop = new AbortController()
  const read = (fromSequence: number, most = 100) => {
    const options = { fromSequence, subjects: ['evt.>'], most, signal: stop.signal }
    const batches = log.readOnDemand(options)[Symbol.asyncIterator]()
    const next = async (): Promise<readonly number[]> =>
      ((await batches.next()).value ?? []).map(({ sequence }: { sequence: number }) => sequence)
    return { next, end: () => batches.return?.() }
  }
  return { connection, manager, store: await JetStreamEventStore.open(connection), read, stop }
}

function some(count: number, prefix: string) {
  return Array.from({ length: count }, (_, i) => aWrite(alias(`${prefix}${i}`)))
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

test.serial('a read on demand gives all that is there, at most as many as may be, in order', async (t) => {
  const { store, read } = await open(t)
  await store.append(some(250, 'a'))
  const { next } = read(3)
  t.deepEqual(await next(), numbers(3, 102))
  t.deepEqual(await next(), numbers(103, 202))
  t.deepEqual(await next(), numbers(203, 250))
})

test.serial(
  'it waits for the next event, then gives what has come since it was asked last, and no marks of guards',
  async (t) => {
    const { store, read } = await open(t)
    const { next } = read(1)
    const first = next()
    await store.append(some(1, 'a'))
    t.deepEqual(await first, [1])
    await store.append(some(40, 'b'))
    const guard = { subject: alias('a0'), expectedRevision: 1 }
    await store.append(some(2, 'c'), { guards: [guard] })
    t.deepEqual(await next(), [...numbers(2, 41), 43, 44])
  },
)

test.serial('nothing is sent that was not asked for', async (t) => {
  const { store, read, manager } = await open(t)
  await store.append(some(10, 'a'))
  const { next } = read(1)
  await next()
  await store.append(some(10, 'b'))
  const [consumer] = await manager.consumers.list('EVENTS').next()
  t.like(consumer, { num_waiting: 0, num_pending: 10 })
  t.is(consumer?.delivered.consumer_seq, 10)
  t.deepEqual(await next(), numbers(11, 20))
})

test.serial('it ends with an error when its consumer or the stream is gone, also between two askings', async (t) => {
  const { store, read, manager, connection } = await open(t)
  await store.append(some(1, 'a'))
  const idle = read(1)
  const waiting = read(2)
  await idle.next()
  const asked = waiting.next()
  await eventually(async () => (await manager.streams.info('EVENTS')).state.consumer_count === 2)
  await manager.streams.delete('EVENTS')
  await applyTopology(connection, streams)
  await t.throwsAsync(asked, { instanceOf: EventStoreUnavailable })
  await t.throwsAsync(idle.next(), { instanceOf: EventStoreUnavailable })
})

test.serial('it leaves no consumer behind, however it ends', async (t) => {
  const { store, read, manager, stop } = await open(t)
  await store.append(some(1, 'a'))
  const left = read(1)
  await left.next()
  await left.end()
  const aborted = read(2).next()
  await eventually(async () => (await manager.streams.info('EVENTS')).state.consumer_count === 1)
  stop.abort()
  t.deepEqual(await aborted, [])
  await eventually(async () => (await manager.streams.info('EVENTS')).state.consumer_count === 0)
})

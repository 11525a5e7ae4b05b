import test, { type ExecutionContext } from 'ava'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { jetstream } from '@nats-io/jetstream'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { KeyRing } from '../../commands/personal/key-ring.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { followKeys } from '../../infra/jetstream/follow-keys.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { streams } from '../../infra/streams.ts'
import { aKey, keyBucketContract } from '../commands/personal/key-bucket.contract.ts'
import { eventually, testNats } from '../support/infrastructure.ts'

const MASTER = new MasterKeys(['the master key of these tests, 32 bytes and more'])

async function open(t: ExecutionContext) {
  const nats = await testNats(t)
  const connection = await nats.connect()
  await applyTopology(connection, streams)
  return { nats, connection, bucket: await JetStreamKeyBucket.open(connection) }
}

keyBucketContract(test.serial, async (t) => (await open(t)).bucket)

test.serial('it is a bucket to any KV client', async (t) => {
  const { connection, bucket } = await open(t)
  await bucket.write('a person', aKey('1'), 0)
  const kv = await new Kvm(jetstream(connection)).open('keys')
  t.deepEqual((await kv.get('a=20person'))?.json(), aKey('1'))
})

test.serial('what was erased is gone from the stream, and only that', async (t) => {
  const { connection, bucket } = await open(t)
  const first = Number(await bucket.write('ann', aKey('1'), 0))
  await bucket.write('bob', aKey('2'), 0)
  await bucket.eraseBefore('ann', Number(await bucket.write('ann', { status: 'erased' }, first)))
  const manager = await jetstreamManager(connection)
  t.is(await manager.streams.getMessage('KV_keys', { seq: first }), null)
  t.is((await manager.streams.info('KV_keys')).state.messages, 2)
})

test.serial('many people who are new at one moment cost a few acknowledged writes, not one each', async (t) => {
  const { connection, bucket } = await open(t)
  const ring = new KeyRing(bucket, MASTER)
  let acknowledged = 0
  const request = connection.request.bind(connection)
  connection.request = (...asked) => {
    acknowledged++
    return request(...asked)
  }
  const people = Array.from({ length: 300 }, (_, i) => `person-${i}`)
  const keys = await Promise.all(people.map((person) => ring.ensure(person, true)))
  t.log(`${acknowledged} acknowledgements for ${people.length} keys`)
  t.true(acknowledged <= 10)
  const elsewhere = new KeyRing(bucket, MASTER)
  const found = await Promise.all(people.map((person) => elsewhere.find(person)))
  t.deepEqual(
    found.map((key) => key?.id),
    keys.map((key) => key?.id),
    'each is stored when it is given',
  )
})

test.serial('a bucket that is not there is an outage, and no answer', async (t) => {
  const { connection, bucket } = await open(t)
  await (await jetstreamManager(connection)).streams.delete('KV_keys')
  await t.throwsAsync(bucket.read('ann'), { instanceOf: EventStoreUnavailable })
  await t.throwsAsync(bucket.write('ann', aKey('1'), 0), { instanceOf: EventStoreUnavailable })
  await t.throwsAsync(bucket.all().next(), { instanceOf: EventStoreUnavailable })
})

test.serial('what somebody else wrote there is an outage, and no answer', async (t) => {
  const { connection, bucket } = await open(t)
  await jetstream(connection).publish('$KV.keys.ann', 'not a key')
  await t.throwsAsync(bucket.read('ann'), { instanceOf: EventStoreUnavailable, message: /is no key/ })
})

test.serial('what cannot be read among the keys is told, and keeps no erasure from being heard of', async (t) => {
  const { connection, bucket } = await open(t)
  const ring = new KeyRing(bucket, MASTER)
  const stop = new AbortController()
  const errors: unknown[] = []
  await followKeys(connection, ring, stop.signal, (error) => void errors.push(error))
  await jetstream(connection).publish('$KV.keys.eve', 'not a key')
  await eventually(() => errors.length > 0, { what: 'it is told' })
  t.truthy(await ring.ensure('ann', true))
  await new KeyRing(bucket, MASTER).destroy('ann')
  await eventually(async () => (await ring.find('ann')) === undefined, { what: 'the erasure is heard of' })
  stop.abort()
})

test.serial('an erasure elsewhere is heard of at once, and after the connection was lost', async (t) => {
  const { nats, connection, bucket } = await open(t)
  const ring = new KeyRing(bucket, MASTER)
  const stop = new AbortController()
  await followKeys(connection, ring, stop.signal, () => undefined)
  const elsewhere = new KeyRing(await JetStreamKeyBucket.open(await nats.connect()), MASTER)
  for (const person of ['ann', 'bob']) t.truthy(await ring.ensure(person, true))
  await elsewhere.destroy('ann')
  await eventually(() => ring.peek('ann') === null, { what: 'the erasure is heard of' })
  t.truthy(ring.peek('bob'), 'all others are still known')
  await connection.reconnect()
  await eventually(async () => (await ring.find('bob').catch(() => undefined)) !== undefined, { what: 'it is back' })
  await elsewhere.destroy('bob')
  // Be it that it is heard of, or that all is forgotten since something may have been missed.
  await eventually(async () => (await ring.find('bob').catch(() => 'away')) === undefined, {
    what: 'the second erasure is heard of',
    timeoutMs: 60_000,
  })
  stop.abort()
})

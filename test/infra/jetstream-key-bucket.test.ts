import test, { type ExecutionContext } from 'ava'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { jetstream } from '@nats-io/jetstream'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { nameOfKey, personName, sheetName } from '../../commands/personal/key-names.ts'
import { KeyRing } from '../../commands/personal/key-ring.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { rotateKeys } from '../../commands/personal/rotate-keys.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { followKeys } from '../../infra/jetstream/follow-keys.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { streams } from '../../infra/streams.ts'
import { aSheet, keyBucketContract } from '../commands/personal/key-bucket.contract.ts'
import { eventually, testNats } from '../support/infrastructure.ts'

const TEXT = 'the master key of these tests, 32 bytes and more'
const MASTER = new MasterKeys([TEXT])

/** A process whose log says that people were sealed with these. */
function ringOver(bucket: JetStreamKeyBucket, log = new Map<string, string>(), masterKeys = MASTER): KeyRing {
  const uses = async (person: string) => [log.get(person)].filter((id) => id !== undefined)
  return new KeyRing({ bucket, masterKeys, uses })
}

async function open(t: ExecutionContext) {
  const nats = await testNats(t)
  const connection = await nats.connect()
  await applyTopology(connection, streams)
  return { nats, connection, bucket: await JetStreamKeyBucket.open(connection) }
}

keyBucketContract(test.serial, async (t) => (await open(t)).bucket)

test.serial('it is a bucket to any KV client', async (t) => {
  const { connection, bucket } = await open(t)
  await bucket.write(personName('a person'), { status: 'erased' }, 0)
  await bucket.write(sheetName('s-1'), aSheet('1'), 0)
  const kv = await new Kvm(jetstream(connection)).open('keys')
  t.deepEqual((await kv.get('a=20person'))?.json(), { status: 'erased' })
  t.deepEqual((await kv.get('sheet.s-1'))?.json(), aSheet('1'))
})

test.serial('what was erased is gone from the stream, and only that', async (t) => {
  const { connection, bucket } = await open(t)
  const name = sheetName('s-1')
  const first = Number(await bucket.write(name, aSheet('1', '2'), 0))
  await bucket.write(sheetName('s-2'), aSheet('3'), 0)
  await bucket.eraseBefore(name, Number(await bucket.write(name, aSheet('1', null), first)))
  const manager = await jetstreamManager(connection)
  t.is(await manager.streams.getMessage('KV_keys', { seq: first }), null)
  t.is((await manager.streams.info('KV_keys')).state.messages, 2)
})

test.serial('an event that names an odd key, and whoever erases its person, does no harm to other keys', async (t) => {
  const { connection, bucket } = await open(t)
  const log = new Map<string, string>()
  const ring = ringOver(bucket, log)
  const id = (await ring.ensure('ann', true))?.id ?? t.fail()
  await bucket.write(sheetName('s-1'), aSheet('1'), 0)
  for (const odd of ['*.99', '>.99', '*.0', '>.0', 'a b.0', '.0', '\ud800.0', `${id}.0`, `${id.split('.')[0]}.`]) {
    t.is(await ringOver(bucket).find('eve', odd), undefined, odd)
    await ringOver(bucket, new Map([['eve', odd]])).destroy('eve')
  }
  t.deepEqual((await bucket.read(sheetName('s-1')))?.keys, aSheet('1'))
  t.is((await ringOver(bucket).find('ann', id))?.id, id)
  const { subjects } = (await (await jetstreamManager(connection)).streams.info('KV_keys', { subjects_filter: '>' }))
    .state
  const expected = ['$KV.keys.eve', `$KV.keys.sheet.${id.split('.')[0]}`, '$KV.keys.sheet.s-1']
  t.deepEqual(Object.keys(subjects ?? {}).toSorted(), expected.toSorted())
})

test.serial(
  'many erasures on one sheet at once, and a rotation: each is done, all others keep their keys, nothing older is left',
  async (t) => {
    const { connection, bucket } = await open(t)
    const log = new Map<string, string>()
    const people = Array.from({ length: 64 }, (_, i) => `p${i}`)
    const ring = ringOver(bucket, log)
    for (const person of people) log.set(person, (await ring.ensure(person, true))?.id ?? t.fail())
    const NEW = new MasterKeys(['the next master key of these tests, 32 bytes and more', TEXT])
    const erased = people.filter((_, i) => i % 4 === 1)
    const erase = async (part: number): Promise<void> => {
      const other = ringOver(bucket, log)
      for (const [i, person] of erased.entries()) if (i % 3 === part) await other.destroy(person)
    }
    const signal = AbortSignal.timeout(60_000)
    await Promise.all([erase(0), erase(1), erase(2), rotateKeys({ bucket, masterKeys: NEW, signal })])
    const fresh = ringOver(bucket, log, NEW)
    for (const [person, id] of log)
      t.is((await fresh.find(person, id))?.id, erased.includes(person) ? undefined : id, person)
    const { state } = await (await jetstreamManager(connection)).streams.info('KV_keys')
    t.is(state.messages, state.num_subjects ?? 0)
  },
)

test.serial('many people who are new at one moment cost a few acknowledged writes, not one each', async (t) => {
  const { connection, bucket } = await open(t)
  const ring = ringOver(bucket)
  let acknowledged = 0
  const request = connection.request.bind(connection)
  connection.request = (...asked) => {
    acknowledged++
    return request(...asked)
  }
  const people = Array.from({ length: 300 }, (_, i) => `person-${i}`)
  const ids = await Promise.all(people.map(async (person) => (await ring.ensure(person, true))?.id ?? ''))
  t.log(`${acknowledged} acknowledgements for ${people.length} keys`)
  t.true(acknowledged <= 10)
  const elsewhere = ringOver(bucket)
  const found = await Promise.all(people.map((person, i) => elsewhere.find(person, ids[i] ?? '')))
  t.deepEqual(
    found.map((key) => key?.id),
    ids,
    'each is stored when it is given',
  )
})

test.serial('a bucket that is not there is an outage, and no answer', async (t) => {
  const { connection, bucket } = await open(t)
  await (await jetstreamManager(connection)).streams.delete('KV_keys')
  await t.throwsAsync(bucket.read(personName('ann')), { instanceOf: EventStoreUnavailable })
  await t.throwsAsync(bucket.write(sheetName('s-1'), aSheet('1'), 0), { instanceOf: EventStoreUnavailable })
  await t.throwsAsync(bucket.all().next(), { instanceOf: EventStoreUnavailable })
})

test.serial('what somebody else wrote there is an outage, and no answer', async (t) => {
  const { connection, bucket } = await open(t)
  await jetstream(connection).publish('$KV.keys.ann', 'not a key')
  await t.throwsAsync(bucket.read(personName('ann')), { instanceOf: EventStoreUnavailable, message: /is no key/ })
})

test.serial('what cannot be read among the keys is told, and keeps no erasure from being heard of', async (t) => {
  const { connection, bucket } = await open(t)
  const log = new Map<string, string>()
  const ring = ringOver(bucket, log)
  const stop = new AbortController()
  const errors: unknown[] = []
  await followKeys(connection, ring, stop.signal, (error) => void errors.push(error))
  await jetstream(connection).publish('$KV.keys.eve', 'not a key')
  await eventually(() => errors.length > 0, { what: 'it is told' })
  const id = (await ring.ensure('ann', true))?.id ?? t.fail()
  log.set('ann', id)
  t.truthy(await ring.find('ann', id))
  await ringOver(bucket, log).destroy('ann')
  await eventually(async () => (await ring.find('ann', id)) === undefined, { what: 'the erasure is heard of' })
  stop.abort()
})

test.serial('an erasure elsewhere is heard of at once, and after the connection was lost', async (t) => {
  const { nats, connection, bucket } = await open(t)
  const log = new Map<string, string>()
  const ring = ringOver(bucket, log)
  const stop = new AbortController()
  await followKeys(connection, ring, stop.signal, () => undefined)
  const elsewhere = ringOver(await JetStreamKeyBucket.open(await nats.connect()), log)
  for (const person of ['ann', 'bob', 'cid']) log.set(person, (await ring.ensure(person, true))?.id ?? t.fail())
  const find = (person: string) => ring.find(person, log.get(person) ?? '')
  await elsewhere.destroy('ann')
  await eventually(async () => (await find('ann')) === undefined, { what: 'the erasure is heard of' })
  t.truthy(await find('bob'), 'all others still have theirs')
  await connection.reconnect()
  await eventually(async () => (await find('bob').catch(() => undefined)) !== undefined, { what: 'it is back' })
  await elsewhere.destroy('bob')
  // Be it that it is heard of, or that all is forgotten since something may have been missed.
  await eventually(async () => (await find('bob').catch(() => 'away')) === undefined, {
    what: 'the second erasure is heard of',
    timeoutMs: 60_000,
  })
  t.truthy(await find('cid'))
  const dan = (await ring.ensure('dan', true))?.id ?? t.fail()
  t.not(nameOfKey(dan, 'dan'), nameOfKey(log.get('cid') ?? '', 'cid'), 'what was made ahead before is not used after')
  stop.abort()
})

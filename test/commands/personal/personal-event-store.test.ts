import test from 'ava'
import { ulid } from 'ulid'
import { EventStoreUnavailable, type Write } from '../../../commands/event-store.ts'
import { InMemoryEventStore } from '../../../commands/in-memory-event-store.ts'
import { InMemoryKeyBucket } from '../../../commands/personal/in-memory-key-bucket.ts'
import { KeyRing } from '../../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../../commands/personal/key-uses.ts'
import { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { PersonalEventStore } from '../../../commands/personal/personal-event-store.ts'
import type { StoredLog } from '../../../commands/stored-log.ts'
import type { StoredEvent } from '../../../schemas/decode-stored-event.ts'
import type { RecordedEvent } from '../../../schemas/envelope.ts'
import { readUserEvent } from '../../../schemas/events/read-user-event.ts'
import { epoch } from '../../../schemas/position.ts'
import { aggregateSubject } from '../../../schemas/subjects.ts'
import { aWrite } from '../a-write.ts'
import { eventStoreContract } from '../event-store.contract.ts'
import { gathered } from '../../support/gathered.ts'
import { countingBucket } from './counting-bucket.ts'

const MASTER = new MasterKeys(['the master key of these tests, 32 bytes and more'])
const DIGEST = 'ab'.repeat(32)
const ann = { userId: 'ann', companyId: 'c-1', name: 'Ann Ames', email: 'ann@example.com', phone: null }

function world() {
  const log = new InMemoryEventStore(epoch.parse(ulid()))
  const { bucket, counts } = countingBucket(new InMemoryKeyBucket())
  const keys = new KeyRing({ bucket, masterKeys: MASTER, uses: keyUsesIn(log) })
  return { log, bucket, counts, keys, store: new PersonalEventStore(log, keys) }
}

eventStoreContract(test, async () => world().store)

function aboutUser(type: string, data: { userId: string } & Record<string, unknown>, expected = 0): Write {
  const write = aWrite(aggregateSubject('user', data.userId), expected, { data })
  return { ...write, envelope: { ...write.envelope, type: `pharos.${type}.v1`, commanddigest: DIGEST } }
}

const register = (userId = 'ann') => aboutUser('user.registered', { ...ann, userId })
const subject = aggregateSubject('user', 'ann')
const limit = () => AbortSignal.timeout(60_000)
const whole = (store: PersonalEventStore | InMemoryEventStore, untilSequence: number) =>
  gathered(store.readAll({ fromSequence: 1, untilSequence, signal: limit() }))
const dataOf = (events: readonly RecordedEvent[]) => events.map(({ envelope }) => envelope.data)

test('whoever reads gets what was written; the log holds none of it', async (t) => {
  const { log, store } = world()
  const write = register()
  t.is((await store.append([write])).status, 'appended')
  for (const read of [await store.readAggregate(subject), await whole(store, 1)])
    t.deepEqual(read, [{ sequence: 1, subject, envelope: write.envelope }])
  const stored = JSON.stringify(await whole(log, 1))
  for (const secret of ['Ann Ames', 'ann@example.com', DIGEST]) t.false(stored.includes(secret), secret)
  t.true(stored.includes('"companyId":"c-1"'))
  t.true(stored.includes('"phone":null'), 'that there is none is no secret')
})

test('a command that tells of a person is not betrayed by its other events, nor by a change that says nothing of them', async (t) => {
  const { log, store } = world()
  const other = aWrite(aggregateSubject('alias', 'a'))
  await store.append([{ ...other, envelope: { ...other.envelope, commanddigest: DIGEST } }, register()])
  await store.append([aboutUser('user.changed', { userId: 'ann', companyId: 'c-2' }, 2)])
  t.false(JSON.stringify(await whole(log, 3)).includes(DIGEST))
  t.deepEqual(
    (await whole(store, 3)).map(({ envelope }) => envelope.commanddigest),
    [DIGEST, DIGEST, DIGEST],
  )
})

test('all that a command tells of a person goes with their key, however little the process can remember', async (t) => {
  const { log, bucket } = world()
  const keys = new KeyRing({ bucket, masterKeys: MASTER, uses: keyUsesIn(log) }, { people: 1 })
  const store = new PersonalEventStore(log, keys)
  const other = aWrite(aggregateSubject('alias', 'a'))
  await store.append([
    register(),
    register('bob'),
    { ...other, envelope: { ...other.envelope, commanddigest: DIGEST } },
  ])
  await keys.destroy('ann')
  t.deepEqual(
    (await whole(store, 3)).map(({ envelope }) => envelope.commanddigest),
    ['erased', DIGEST, 'erased'],
  )
})

test('after an erasure it says erased, to everybody, and is still what its type says', async (t) => {
  const { log, bucket, keys, store } = world()
  await store.append([register()])
  await store.append([aboutUser('user.changed', { userId: 'ann', name: 'Ann Bell', email: null }, 1)])
  await store.append([register('bob')])
  await keys.destroy('ann')
  for (const one of [
    store,
    new PersonalEventStore(log, new KeyRing({ bucket, masterKeys: MASTER, uses: keyUsesIn(log) })),
  ]) {
    const read = await whole(one, 3)
    t.deepEqual(dataOf(read), [
      { ...ann, name: 'erased', email: 'erased' },
      { userId: 'ann', name: 'erased', email: null },
      { ...ann, userId: 'bob' },
    ])
    for (const { envelope } of read) t.notThrows(() => readUserEvent(envelope))
    t.deepEqual(dataOf(await one.readAggregate(subject)), dataOf(read).slice(0, 2))
  }
})

/** As a stream gives its events: with their texts, two at a time. */
class TextLog extends InMemoryEventStore {
  async *readAllStored(options: Parameters<StoredLog['readAllStored']>[0]): AsyncGenerator<readonly StoredEvent[]> {
    const events = (await gathered(this.readAll(options))).map((event) => ({
      ...event,
      text: JSON.stringify(event.envelope),
    }))
    for (let i = 0; i < events.length; i += 2) yield events.slice(i, i + 2)
  }
}

test('texts are those of the opened events, and of others as they stand', async (t) => {
  const log = new TextLog(epoch.parse(ulid()))
  const keys = new KeyRing({ bucket: new InMemoryKeyBucket(), masterKeys: MASTER, uses: keyUsesIn(log) })
  const store = new PersonalEventStore(log, keys)
  const other = aWrite(aggregateSubject('alias', 'a'))
  await store.append([register()])
  await store.append([other])
  await store.append([register('bob')])
  await keys.destroy('bob')
  const read = (await gathered(store.readAllStored({ fromSequence: 1, untilSequence: 3, signal: limit() }))).flat()
  t.deepEqual(dataOf(read), [ann, other.envelope.data, { ...ann, userId: 'bob', name: 'erased', email: 'erased' }])
  for (const { text, envelope } of read) t.is(text, JSON.stringify(envelope))
})

test('nothing is stored of who was erased: who decided on old news is told of the conflict', async (t) => {
  const { keys, store } = world()
  await store.append([register()])
  await store.append([aboutUser('user.erased', { userId: 'ann' }, 1)])
  await keys.destroy('ann')
  const change = { userId: 'ann', name: 'Ann Bell' }
  t.deepEqual(await store.append([aboutUser('user.changed', change, 1)]), {
    status: 'conflict',
    subject,
    expected: 1,
    actual: 2,
  })
  t.like(await store.append([aboutUser('user.changed', change, 2)]), { status: 'unavailable' })
  t.is((await store.head()).sequence, 2)
})

test('keys that cannot be asked for are an outage, never an erasure', async (t) => {
  const { log, store, bucket } = world()
  await store.append([register()])
  const away = async (): Promise<never> => {
    throw new EventStoreUnavailable('the keys are away')
  }
  const without = new PersonalEventStore(
    log,
    new KeyRing({ bucket: { ...bucket, read: away, write: away }, masterKeys: MASTER, uses: keyUsesIn(log) }),
  )
  await t.throwsAsync(without.readAggregate(subject), { instanceOf: EventStoreUnavailable })
  await t.throwsAsync(whole(without, 1), { instanceOf: EventStoreUnavailable })
  t.deepEqual(await without.append([register('bob')]), { status: 'unavailable', reason: 'the keys are away' })
  t.is((await log.head()).sequence, 1)
})

test('what was moved to another event, another person, or was changed does not open, and is not what its type says', async (t) => {
  const { log, store } = world()
  await store.append([register()])
  await store.append([register('bob')])
  const [first, second] = await whole(log, 2)
  if (first === undefined || second === undefined) return t.fail()
  const forge = async (envelope: RecordedEvent['envelope'], at: string) =>
    log.append([{ ...aWrite(aggregateSubject('user', at)), envelope }])
  await forge({ ...first.envelope, id: second.envelope.id }, 'x')
  await forge({ ...first.envelope, sealed: Reflect.get(second.envelope, 'sealed') } as never, 'y')
  await forge({ ...first.envelope, type: 'pharos.user.changed.v1' }, 'z')
  const [, , ...forged] = await whole(store, 5)
  for (const { envelope } of forged) t.throws(() => readUserEvent(envelope))
  t.is(forged.length, 3)
})

test('a long log of many people asks for a sheet of keys at a time', async (t) => {
  const { log, bucket, store, counts } = world()
  for (let i = 0; i < 200; i++) await store.append([register(`p${i}`)])
  const before = counts.reads
  const reader = new PersonalEventStore(log, new KeyRing({ bucket, masterKeys: MASTER, uses: keyUsesIn(log) }))
  const read = await whole(reader, 200)
  t.true(read.every(({ envelope }) => envelope.data['name'] === 'Ann Ames'))
  t.true(counts.reads - before <= 4, `${counts.reads - before} reads`)
})

test('an event that is about a person must name them', async (t) => {
  const { store } = world()
  const write = register()
  const nameless = { ...write, envelope: { ...write.envelope, data: { name: 'Ann' } } }
  await t.throwsAsync(store.append([nameless]), { instanceOf: RangeError, message: /userId/ })
})

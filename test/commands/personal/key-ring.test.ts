import test from 'ava'
import { EventStoreUnavailable } from '../../../commands/event-store.ts'
import { InMemoryKeyBucket } from '../../../commands/personal/in-memory-key-bucket.ts'
import { KeyRing, type KeyRingLimits } from '../../../commands/personal/key-ring.ts'
import { MasterKeys } from '../../../commands/personal/master-keys.ts'
import { countingBucket } from './counting-bucket.ts'

const OLD = 'the master key of yesterday, 32 bytes and more'
const NEW = 'the master key of tomorrow, 32 bytes and more'

function ring(
  bucket = new InMemoryKeyBucket(),
  master: readonly [string, ...string[]] = [OLD],
  limits: Partial<KeyRingLimits> = {},
) {
  const counted = countingBucket(bucket)
  return { keys: new KeyRing(counted.bucket, new MasterKeys(master), limits), counts: counted.counts, bucket }
}

test('a key is made once, whoever asks for it first', async (t) => {
  const { bucket, keys } = ring()
  const other = ring(bucket).keys
  const [mine, theirs] = await Promise.all([keys.ensure('ann', true), other.ensure('ann', true)])
  t.is(mine?.id, theirs?.id)
  t.true(mine?.secret.equals(theirs?.secret as never))
  t.is((await ring(bucket).keys.ensure('ann', false))?.id, mine?.id)
  t.is((await ring(bucket).keys.find('ann'))?.id, mine?.id)
  t.not((await keys.ensure('bob', true))?.id, mine?.id)
})

test('a key is asked for once, however many ask, and not at all once it is known', async (t) => {
  const { bucket } = ring()
  await ring(bucket).keys.ensure('ann', true)
  const { keys, counts } = ring(bucket)
  t.is(keys.peek('ann'), undefined)
  await Promise.all(Array.from({ length: 50 }, () => keys.find('ann')))
  for (let i = 0; i < 50; i++) await keys.find('ann')
  t.truthy(keys.peek('ann'))
  t.deepEqual(counts, { reads: 1, writes: 0 })
})

test('a new person costs one write, and no read', async (t) => {
  const { keys, counts } = ring()
  await keys.ensure('ann', true)
  await keys.ensure('ann', false)
  t.deepEqual(counts, { reads: 0, writes: 1 })
})

test('whoever is destroyed has no key, and gets none', async (t) => {
  const { bucket, keys } = ring()
  await keys.ensure('ann', true)
  await keys.destroy('ann')
  await keys.destroy('ann')
  await keys.destroy('who never was')
  for (const one of [keys, ring(bucket).keys])
    for (const person of ['ann', 'who never was']) {
      t.is(await one.find(person), undefined)
      t.is(one.peek(person), null)
      t.is(await one.ensure(person, true), undefined)
      t.is(await one.ensure(person, false), undefined)
    }
  t.is(await keys.find('somebody else'), undefined)
  t.is(keys.peek('somebody else'), undefined, 'who has no key yet may get one at any time')
})

test('an erasure elsewhere is heard of; so is a key that was wrapped anew, which is the same', async (t) => {
  const { bucket, keys } = ring()
  const key = await keys.ensure('ann', true)
  const placed = await bucket.read('ann')
  keys.heard('ann', placed?.key ?? t.fail())
  t.is(keys.peek('ann'), key)
  await ring(bucket).keys.destroy('ann')
  t.is(await keys.find('ann'), key, 'not heard of yet')
  keys.heard('ann', { status: 'erased' })
  t.is(keys.peek('ann'), null)
})

test('what was read before an erasure was heard of is not kept', async (t) => {
  const { bucket } = ring()
  await ring(bucket).keys.ensure('ann', true)
  const gate = Promise.withResolvers<void>()
  const slow = Object.create(bucket, {
    read: {
      async value(person: string) {
        const placed = await bucket.read(person)
        await gate.promise
        return placed
      },
    },
  }) as InMemoryKeyBucket
  const keys = new KeyRing(slow, new MasterKeys([OLD]))
  const asked = keys.find('ann')
  await ring(bucket).keys.destroy('ann')
  keys.heard('ann', { status: 'erased' })
  gate.resolve()
  t.truthy(await asked)
  t.is(keys.peek('ann'), null)
})

test('many keys are taken in at once, and no more than may be known', async (t) => {
  const { bucket, keys: maker } = ring()
  for (let i = 0; i < 30; i++) await maker.ensure(`p${i}`, true)
  await maker.destroy('p3')
  const { keys, counts } = ring(bucket)
  await Promise.all([keys.warm(), keys.warm()])
  t.is(keys.peek('p3'), null)
  t.truthy(keys.peek('p29'))
  t.deepEqual(counts, { reads: 0, writes: 0 })
  const few = ring(bucket, [OLD], { known: 10 }).keys
  await few.warm()
  t.is(Array.from({ length: 30 }, (_, i) => few.peek(`p${i}`)).filter((key) => key !== undefined).length, 10)
})

test('a key that was destroyed unheard is forgotten after a while', async (t) => {
  const { bucket, keys } = ring(undefined, [OLD], { knownMs: 1 })
  await keys.ensure('ann', true)
  await ring(bucket).keys.destroy('ann')
  const until = performance.now() + 5
  while (performance.now() < until);
  t.is(await keys.find('ann'), undefined)
})

test('the master key of the past is enough to read; without the right one it is an outage, and never an erasure', async (t) => {
  const { bucket, keys } = ring()
  const key = await keys.ensure('ann', true)
  t.is((await ring(bucket, [NEW, OLD]).keys.find('ann'))?.id, key?.id)
  const without = ring(bucket, [NEW]).keys
  const error = await t.throwsAsync(without.find('ann'), { instanceOf: EventStoreUnavailable, message: /MASTER_KEY/ })
  for (const secret of [OLD, NEW]) t.false(error.message.includes(secret))
  await t.throwsAsync(without.ensure('ann', false), { instanceOf: EventStoreUnavailable })
})

test("a key of somebody else's is of no use", async (t) => {
  const { bucket, keys } = ring()
  await keys.ensure('ann', true)
  const placed = await bucket.read('ann')
  if (placed !== undefined) await bucket.write('bob', placed.key, 0)
  await t.throwsAsync(keys.find('bob'), { instanceOf: EventStoreUnavailable, message: /damaged/ })
})

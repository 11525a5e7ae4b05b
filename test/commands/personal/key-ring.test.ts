import test from 'ava'
import { EventStoreUnavailable } from '../../../commands/event-store.ts'
import { InMemoryKeyBucket } from '../../../commands/personal/in-memory-key-bucket.ts'
import type { KeyBucket } from '../../../commands/personal/key-bucket.ts'
import { type KeyName, nameOfKey, personName, sheetName } from '../../../commands/personal/key-names.ts'
import { KeyRing, type KeyRingLimits } from '../../../commands/personal/key-ring.ts'
import { MasterKeys } from '../../../commands/personal/master-keys.ts'
import type { PersonKey } from '../../../commands/personal/person-key.ts'
import { rotateKeys } from '../../../commands/personal/rotate-keys.ts'
import { gathered } from '../../support/gathered.ts'
import { countingBucket } from './counting-bucket.ts'

const OLD = 'the master key of yesterday, 32 bytes and more'
const NEW = 'the master key of tomorrow, 32 bytes and more'

/** An installation: its bucket, and what its log says that people were sealed with. */
class Installation {
  readonly bucket = new InMemoryKeyBucket()
  readonly log = new Map<string, string[]>()

  /** A process of it. */
  process(
    master: readonly [string, ...string[]] = [OLD],
    limits: Partial<KeyRingLimits> = {},
    bucket: KeyBucket = this.bucket,
  ) {
    const counted = countingBucket(bucket)
    const uses = async (person: string) => this.log.get(person) ?? []
    const keys = new KeyRing({ bucket: counted.bucket, masterKeys: new MasterKeys(master), uses }, limits)
    return { keys, counts: counted.counts }
  }

  /** Something of the person is sealed, and stored. */
  async seal(keys: KeyRing, person: string): Promise<PersonKey> {
    const key = await keys.ensure(person, !this.log.has(person))
    if (key === undefined) throw new Error(`${person} has no key`)
    this.log.set(person, [...(this.log.get(person) ?? []), key.id])
    return key
  }
}

test('everybody has a key of their own, which every process finds by its id, and goes on with', async (t) => {
  const at = new Installation()
  const { keys } = at.process()
  const ann = await at.seal(keys, 'ann')
  const bob = await at.seal(keys, 'bob')
  t.not(ann.id, bob.id)
  t.false(ann.secret.equals(bob.secret))
  t.is(await keys.ensure('ann', false), ann, 'as it was made')
  const other = at.process().keys
  t.true((await other.find('ann', ann.id))?.secret.equals(ann.secret))
  t.is((await at.seal(at.process().keys, 'ann')).id, ann.id)
})

test('a new person costs no message: keys are made ahead, and read, a sheet at a time', async (t) => {
  const at = new Installation()
  const { keys, counts } = at.process()
  const made = new Map<string, PersonKey>()
  for (let i = 0; i < 64; i++) made.set(`p${i}`, await at.seal(keys, `p${i}`))
  t.is(counts.reads, 0)
  t.true(counts.writes <= 2, `${counts.writes} writes`)
  t.is(new Set([...made.values()].map(({ secret }) => secret.export().toString('hex'))).size, 64)
  const other = at.process()
  for (const [person, { id }] of made) t.is((await other.keys.find(person, id))?.id, id)
  t.deepEqual(other.counts, { reads: 1, writes: 0 })
})

test('of many who come at one moment each gets a key', async (t) => {
  const at = new Installation()
  const { keys, counts } = at.process()
  const ids = await Promise.all(Array.from({ length: 5_000 }, async (_, i) => (await keys.ensure(`p${i}`, true))?.id))
  t.is(new Set(ids).size, 5_000)
  t.false(ids.includes(undefined))
  t.true(counts.writes <= 80, `${counts.writes} writes`)
})

test('a sheet is asked for once, however many ask, and not at all once it is known', async (t) => {
  const at = new Installation()
  const { id } = await at.seal(at.process().keys, 'ann')
  const { keys, counts } = at.process()
  t.is(keys.peek('ann', id), undefined)
  await Promise.all(Array.from({ length: 50 }, () => keys.find('ann', id)))
  for (let i = 0; i < 50; i++) await keys.find('ann', id)
  t.is(keys.peek('ann', id)?.id, id)
  t.deepEqual(counts, { reads: 1, writes: 0 })
})

test('what one process never stored with is used by no other', async (t) => {
  const at = new Installation()
  const first = await at.seal(at.process().keys, 'ann')
  const second = await at.seal(at.process().keys, 'bob')
  t.not(nameOfKey(first.id, 'ann'), nameOfKey(second.id, 'bob'))
})

test('whoever is destroyed has no key, and all others keep theirs', async (t) => {
  const at = new Installation()
  const { keys } = at.process()
  const [ann, bob] = [await at.seal(keys, 'ann'), await at.seal(keys, 'bob')]
  await keys.destroy('ann')
  await keys.destroy('ann')
  for (const one of [keys, at.process().keys]) {
    t.is(await one.find('ann', ann.id), undefined)
    t.is(one.peek('ann', ann.id), null)
    t.is(await one.ensure('ann', false), undefined)
    t.true((await one.find('bob', bob.id))?.secret.equals(bob.secret))
    t.is((await one.ensure('bob', false))?.id, bob.id)
  }
  t.is(await keys.ensure('ann', true), undefined, 'not even as somebody new')
  const wrapped = JSON.stringify(await gathered(at.bucket.all()))
  t.is(wrapped.match(/null/g)?.length, 1)
})

test('every key goes that a person ever had: of two processes which were the first to know of them too', async (t) => {
  const at = new Installation()
  const [one, two] = [at.process().keys, at.process().keys]
  const first = await one.ensure('ann', true)
  const second = await two.ensure('ann', true)
  t.not(first?.id, second?.id)
  at.log.set('ann', [first?.id ?? '', second?.id ?? ''])
  await at.process().keys.destroy('ann')
  const reader = at.process().keys
  t.is(await reader.find('ann', first?.id ?? ''), undefined)
  t.is(await reader.find('ann', second?.id ?? ''), undefined)
})

test('an erasure elsewhere is heard of; so are keys that were wrapped anew, which are the same', async (t) => {
  const at = new Installation()
  const { keys } = at.process()
  const ann = await at.seal(keys, 'ann')
  const name = nameOfKey(ann.id, 'ann')
  const heard = async () => keys.heard(name, (await at.bucket.read(name))?.keys ?? t.fail())
  await rotateKeys({ bucket: at.bucket, masterKeys: new MasterKeys([NEW, OLD]), signal: new AbortController().signal })
  await heard()
  t.is(keys.peek('ann', ann.id)?.id, ann.id)
  await at.process([NEW, OLD]).keys.destroy('ann')
  t.is((await keys.find('ann', ann.id))?.id, ann.id, 'not heard of yet')
  await heard()
  t.is(await keys.find('ann', ann.id), undefined)
  t.is(await keys.ensure('ann', false), undefined)
})

test('keys that were destroyed before anybody had them are given to nobody', async (t) => {
  const at = new Installation()
  const { keys } = at.process()
  const { id } = await at.seal(keys, 'ann')
  const name = nameOfKey(id, 'ann')
  const { keys: stored, revision } = (await at.bucket.read(name)) ?? t.fail()
  if (stored.status !== 'sheet') return t.fail()
  const empty = { ...stored, keys: stored.keys.map(() => null) }
  await at.bucket.write(name, empty, revision)
  keys.heard(name, empty)
  const bob = await at.seal(keys, 'bob')
  t.not(nameOfKey(bob.id, 'bob'), name)
  t.truthy(await at.process().keys.find('bob', bob.id))
})

test('when something may have been missed, what was made ahead is not used either: it may not be there any more', async (t) => {
  const at = new Installation()
  const { keys } = at.process()
  const before = await at.seal(keys, 'ann')
  keys.forgetAll()
  t.is(keys.peek('ann', before.id), undefined)
  const after = await at.seal(keys, 'bob')
  t.not(nameOfKey(after.id, 'bob'), nameOfKey(before.id, 'ann'))
})

test('what was read before an erasure was heard of is not kept', async (t) => {
  const at = new Installation()
  const { id } = await at.seal(at.process().keys, 'ann')
  const gate = Promise.withResolvers<void>()
  let isSlow = true
  const slow: KeyBucket = {
    read: async (name) => {
      const placed = await at.bucket.read(name)
      if (isSlow) await gate.promise
      return placed
    },
    write: (...written) => at.bucket.write(...written),
    eraseBefore: (...before) => at.bucket.eraseBefore(...before),
    all: () => at.bucket.all(),
  }
  const { keys } = at.process([OLD], {}, slow)
  const asked = keys.find('ann', id)
  await at.process().keys.destroy('ann')
  const name = nameOfKey(id, 'ann')
  keys.heard(name, (await at.bucket.read(name))?.keys ?? t.fail())
  isSlow = false
  t.is(await keys.find('ann', id), undefined, 'who asks after that does not wait for the answer of before')
  gate.resolve()
  t.truthy(await asked)
  t.is(keys.peek('ann', id), null)
  t.is(await keys.find('ann', id), undefined)
})

test('a key that was destroyed unheard is forgotten after a while', async (t) => {
  const at = new Installation()
  const { keys } = at.process([OLD], { knownMs: 1 })
  const { id } = await at.seal(keys, 'ann')
  await at.process().keys.destroy('ann')
  const until = performance.now() + 5
  while (performance.now() < until);
  t.is(await keys.find('ann', id), undefined)
})

test('the master key of the past is enough to read; without the right one it is an outage, and never an erasure', async (t) => {
  const at = new Installation()
  const { id } = await at.seal(at.process().keys, 'ann')
  t.is((await at.process([NEW, OLD]).keys.find('ann', id))?.id, id)
  const without = at.process([NEW]).keys
  const error = await t.throwsAsync(without.find('ann', id), {
    instanceOf: EventStoreUnavailable,
    message: /MASTER_KEY/,
  })
  for (const secret of [OLD, NEW]) t.false(error.message.includes(secret))
  await t.throwsAsync(async () => without.ensure('ann', false), { instanceOf: EventStoreUnavailable })
  await t.notThrowsAsync(without.destroy('ann'), 'to destroy a key needs no master key')
  t.is(await at.process().keys.find('ann', id), undefined)
})

test('whoever lacks the old master key reads again as soon as the keys are wrapped with the new one', async (t) => {
  const at = new Installation()
  const { id } = await at.seal(at.process().keys, 'ann')
  const { keys } = at.process([NEW])
  await t.throwsAsync(keys.find('ann', id), { instanceOf: EventStoreUnavailable })
  await rotateKeys({ bucket: at.bucket, masterKeys: new MasterKeys([NEW, OLD]), signal: new AbortController().signal })
  t.is((await keys.find('ann', id))?.id, id)
})

test('keys that cannot be stored are given to nobody', async (t) => {
  const at = new Installation()
  let isAway = true
  const bucket: KeyBucket = {
    ...countingBucket(at.bucket).bucket,
    write: (...written) =>
      isAway ? Promise.reject(new EventStoreUnavailable('NATS is away')) : at.bucket.write(...written),
  }
  const { keys } = at.process([OLD], {}, bucket)
  await t.throwsAsync(async () => keys.ensure('ann', true), { instanceOf: EventStoreUnavailable })
  isAway = false
  const { id } = await at.seal(keys, 'ann')
  t.truthy(await at.process().keys.find('ann', id))
})

test('while NATS is away people get the keys that are left; then it is an outage, until it is back', async (t) => {
  const at = new Installation()
  let isAway = false
  const bucket: KeyBucket = {
    ...countingBucket(at.bucket).bucket,
    write: async (...written) => {
      if (isAway) throw new EventStoreUnavailable('NATS is away')
      return at.bucket.write(...written)
    },
  }
  const { keys } = at.process([OLD], {}, bucket)
  await at.seal(keys, 'p0')
  isAway = true
  for (let i = 1; i < 64; i++) await at.seal(keys, `p${i}`)
  await t.throwsAsync(at.seal(keys, 'p64'), { instanceOf: EventStoreUnavailable })
  isAway = false
  await at.seal(keys, 'p64')
  const fresh = at.process().keys
  for (const [person, ids] of at.log) t.truthy(await fresh.find(person, ids[0] ?? ''))
})

test('a sheet that was being stored when something may have been missed is given to nobody', async (t) => {
  const at = new Installation()
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const sheets: KeyName[] = []
  const bucket: KeyBucket = {
    ...countingBucket(at.bucket).bucket,
    write: async (name, ...written) => {
      const gate = gates[sheets.push(name) - 1]
      await gate?.promise
      return at.bucket.write(name, ...written)
    },
  }
  const { keys } = at.process([OLD], {}, bucket)
  const ann = at.seal(keys, 'ann')
  keys.forgetAll()
  for (const gate of gates) gate.resolve()
  t.is(nameOfKey((await ann).id, 'ann'), sheets[1] ?? t.fail())
})

test('a key in another place, or of another sheet, is of no use', async (t) => {
  const at = new Installation()
  const { id } = await at.seal(at.process().keys, 'ann')
  const placed = await at.bucket.read(nameOfKey(id, 'ann'))
  if (placed?.keys.status !== 'sheet') return t.fail()
  await at.bucket.write(sheetName('other'), placed.keys, 0)
  await at.bucket.write(sheetName('turned'), { ...placed.keys, keys: placed.keys.keys.toReversed() }, 0)
  for (const forged of ['other.0', 'turned.63'])
    await t.throwsAsync(at.process().keys.find('ann', forged), {
      instanceOf: EventStoreUnavailable,
      message: /damaged/,
    })
})

test('a key from before there were sheets is read, wrapped anew, gone on with, and destroyed', async (t) => {
  const at = new Installation()
  const masterKeys = new MasterKeys([OLD])
  const made = await at.seal(at.process().keys, 'somebody else')
  const key: PersonKey = { id: 'AbCdEf_-1234', secret: made.secret }
  const wrapped = masterKeys.wrap('ann b.', key)
  await at.bucket.write(
    personName('ann b.'),
    { status: 'wrapped', id: key.id, masterKey: masterKeys.current, wrapped },
    0,
  )
  at.log.set('ann b.', [key.id])
  t.true((await at.process().keys.find('ann b.', key.id))?.secret.equals(key.secret))
  await rotateKeys({ bucket: at.bucket, masterKeys: new MasterKeys([NEW, OLD]), signal: new AbortController().signal })
  t.true((await at.process([NEW]).keys.find('ann b.', key.id))?.secret.equals(key.secret))
  t.is((await at.process([NEW]).keys.ensure('ann b.', false))?.id, key.id)
  await at.process().keys.destroy('ann b.')
  t.is(await at.process().keys.find('ann b.', key.id), undefined)
  t.is(await at.process().keys.ensure('ann b.', false), undefined)
})

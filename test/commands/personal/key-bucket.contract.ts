import type { ExecutionContext } from 'ava'
import { gathered } from '../../support/gathered.ts'
import type { KeyBucket, StoredKey } from '../../../commands/personal/key-bucket.ts'

type Declare = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => void

export function aKey(id: string): StoredKey {
  return { status: 'wrapped', id, masterKey: 'm', wrapped: `wrapped ${id}` }
}

/** What every bucket of keys must do. @param open an empty one. */
export function keyBucketContract(test: Declare, open: (t: ExecutionContext) => Promise<KeyBucket>): void {
  test('a key stands under a name, and only the next revision replaces it', async (t) => {
    const bucket = await open(t)
    t.is(await bucket.read('ann'), undefined)
    const first = await bucket.write('ann', aKey('1'), 0)
    t.deepEqual(await bucket.read('ann'), { key: aKey('1'), revision: Number(first) })
    t.is(await bucket.write('ann', aKey('2'), 0), undefined, 'somebody was faster')
    t.is(await bucket.write('ann', aKey('2'), Number(first) + 1), undefined)
    const second = await bucket.write('ann', aKey('2'), Number(first))
    t.true(Number(second) > Number(first))
    t.deepEqual(await bucket.read('ann'), { key: aKey('2'), revision: Number(second) })
  })

  test('names of any text are told apart', async (t) => {
    const bucket = await open(t)
    const names = ['a', 'A', 'a.b', 'a=2Eb', 'ä', '>', '*']
    for (const name of names) t.truthy(await bucket.write(name, aKey(name), 0), name)
    for (const name of names) t.deepEqual((await bucket.read(name))?.key, aKey(name))
  })

  test('of many who write a first key at once one succeeds, for each name', async (t) => {
    const bucket = await open(t)
    const written = await Promise.all(
      Array.from({ length: 60 }, (_, i) => bucket.write(`p${i % 20}`, aKey(String(i)), 0)),
    )
    t.is(written.filter((revision) => revision !== undefined).length, 20)
    for (let i = 0; i < 20; i++) {
      const placed = await bucket.read(`p${i}`)
      t.true(written.includes(placed?.revision))
    }
  })

  test('all are given once, each as it stands now', async (t) => {
    const bucket = await open(t)
    t.deepEqual(await gathered(bucket.all()), [])
    const first = await bucket.write('ann', aKey('1'), 0)
    await bucket.write('bob', aKey('2'), 0)
    await bucket.write('ann', { status: 'erased' }, Number(first))
    const all = (await gathered(bucket.all()))
      .map(([person, { key }]) => [person, key] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    t.deepEqual(all, [
      ['ann', { status: 'erased' }],
      ['bob', aKey('2')],
    ])
  })

  test('what stood before is overwritten, what stands now is not', async (t) => {
    const bucket = await open(t)
    let revision = 0
    for (const id of ['1', '2', '3']) revision = Number(await bucket.write('ann', aKey(id), revision))
    await bucket.write('bob', aKey('b'), 0)
    await bucket.eraseBefore('ann', revision)
    await bucket.eraseBefore('ann', revision)
    t.deepEqual(await bucket.read('ann'), { key: aKey('3'), revision })
    t.deepEqual((await bucket.read('bob'))?.key, aKey('b'))
  })
}

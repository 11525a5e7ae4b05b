import type { ExecutionContext } from 'ava'
import { gathered } from '../../support/gathered.ts'
import type { KeyBucket, StoredKeys } from '../../../commands/personal/key-bucket.ts'
import { personName, sheetName } from '../../../commands/personal/key-names.ts'

type Declare = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => void

export function aSheet(...keys: (string | null)[]): StoredKeys {
  return { status: 'sheet', masterKey: 'm', keys }
}

const ann = personName('ann')
const erased: StoredKeys = { status: 'erased' }

/** What every bucket of keys must do. @param open an empty one. */
export function keyBucketContract(test: Declare, open: (t: ExecutionContext) => Promise<KeyBucket>): void {
  test('keys stand under a name, and only the next revision replaces them', async (t) => {
    const bucket = await open(t)
    const name = sheetName('s-1')
    t.is(await bucket.read(name), undefined)
    const first = await bucket.write(name, aSheet('1'), 0)
    t.deepEqual(await bucket.read(name), { keys: aSheet('1'), revision: Number(first) })
    t.is(await bucket.write(name, aSheet('2'), 0), undefined, 'somebody was faster')
    t.is(await bucket.write(name, aSheet('2'), Number(first) + 1), undefined)
    const second = await bucket.write(name, aSheet('2', null), Number(first))
    t.true(Number(second) > Number(first))
    t.deepEqual(await bucket.read(name), { keys: aSheet('2', null), revision: Number(second) })
  })

  test('people of any name are told apart, from sheets too', async (t) => {
    const bucket = await open(t)
    const single = (id: string): StoredKeys => ({ status: 'wrapped', id, masterKey: 'm', wrapped: `wrapped ${id}` })
    const people = ['a', 'A', 'a.b', 'a=2Eb', 'ä', '>', '*', 'sheet', 'sheet.s-1']
    t.truthy(await bucket.write(sheetName('s-1'), aSheet('1'), 0))
    for (const person of people) t.truthy(await bucket.write(personName(person), single(person), 0), person)
    for (const person of people) t.deepEqual((await bucket.read(personName(person)))?.keys, single(person))
    t.deepEqual((await bucket.read(sheetName('s-1')))?.keys, aSheet('1'))
  })

  test('of many who write the same at once one succeeds, for each name', async (t) => {
    const bucket = await open(t)
    const name = (i: number) => sheetName(`s-${i % 20}`)
    const written = await Promise.all(Array.from({ length: 60 }, (_, i) => bucket.write(name(i), aSheet(String(i)), 0)))
    t.is(written.filter((revision) => revision !== undefined).length, 20)
    for (let i = 0; i < 20; i++) t.true(written.includes((await bucket.read(name(i)))?.revision))
  })

  test('all are given once, each as it stands now', async (t) => {
    const bucket = await open(t)
    t.deepEqual(await gathered(bucket.all()), [])
    const first = await bucket.write(sheetName('s-1'), aSheet('1', '2'), 0)
    await bucket.write(ann, erased, 0)
    await bucket.write(sheetName('s-1'), aSheet('1', null), Number(first))
    const all = await gathered(bucket.all())
    const newest = Object.fromEntries(all.map(([name, { keys }]) => [name, keys]))
    t.is(all.length, 2)
    t.deepEqual(newest, { [ann]: erased, [sheetName('s-1')]: aSheet('1', null) })
  })

  test('what stood before is overwritten, what stands now is not', async (t) => {
    const bucket = await open(t)
    const name = sheetName('s-1')
    let revision = 0
    for (const id of ['1', '2', '3']) revision = Number(await bucket.write(name, aSheet(id), revision))
    await bucket.write(ann, erased, 0)
    await bucket.eraseBefore(name, revision)
    await bucket.eraseBefore(name, revision)
    t.deepEqual(await bucket.read(name), { keys: aSheet('3'), revision })
    t.deepEqual((await bucket.read(ann))?.keys, erased)
  })
}

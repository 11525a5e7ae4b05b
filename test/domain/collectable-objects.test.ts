import test from 'ava'
import { collectableObjects, type ListedObject } from '../../domain/alias-index/collectable-objects.ts'
import { type AliasIndexPointer, aliasIndexPointer } from '../../schemas/alias-index.ts'

const HOUR = 3_600_000
const NOW = 100 * HOUR

function object(name: string, from: number, to: number, storedAt: number): ListedObject {
  return { name, scopeKey: 'global', from, to, isPart: /\.\d+\.json$/.test(name), storedAt }
}

function pointer(version: number, base: string, baseVersion: number, ...deltas: readonly [from: number, to: number][]) {
  const sha256 = '0'.repeat(64)
  return aliasIndexPointer.parse({
    version,
    object: base,
    sha256,
    bytes: 1,
    baseVersion,
    epoch: '01J00000000000000000000000',
    position: version,
    deltas: deltas.map(([from, to]) => ({ object: `global/v${to}.json`, sha256, bytes: 1, from, to })),
  })
}

function collect(objects: readonly ListedObject[], at: AliasIndexPointer, movedAt: number): readonly string[] {
  const options = { now: NOW, keepMs: HOUR }
  return collectableObjects(objects, new Map([['global', { pointer: at, movedAt }]]), options)
}

const base = object('global/v1.json', 0, 1, 0)

test('what the pointer names stays, however old it is', (t) => {
  const objects = [base, object('global/v2.json', 2, 2, 0)]
  t.deepEqual(collect(objects, pointer(2, 'global/v1.json', 1, [2, 2]), 0), [])
})

test('what a merged delta has replaced goes an hour after the pointer has moved', (t) => {
  const objects = [base, object('global/v2.json', 2, 2, 0), object('global/v3.json', 2, 3, 0)]
  const merged = pointer(3, 'global/v1.json', 1, [2, 3])
  t.deepEqual(collect(objects, merged, NOW - HOUR + 1), [])
  t.deepEqual(collect(objects, merged, NOW - HOUR), ['global/v2.json'])
})

test('of a scope that never rests too: the next version tells when the pointer had moved', (t) => {
  const objects = [
    base,
    object('global/v2.json', 2, 2, 0),
    object('global/v3.json', 2, 3, NOW - 3 * HOUR),
    object('global/v4.json', 4, 4, NOW - 2 * HOUR),
    object('global/v5.json', 4, 5, NOW),
  ]
  t.deepEqual(collect(objects, pointer(5, 'global/v1.json', 1, [2, 3], [4, 5]), NOW), ['global/v2.json'])
})

test('a replaced base goes with its parts and its deltas; the parts of the current one stay', (t) => {
  const objects = [
    object('global/v1.json', 0, 1, 0),
    object('global/v1.1.json', 0, 1, 0),
    object('global/v2.json', 2, 2, 0),
    object('global/v3.json', 0, 3, 0),
    object('global/v3.1.json', 0, 3, 0),
  ]
  t.deepEqual(collect(objects, pointer(3, 'global/v3.json', 3), 0), [
    'global/v1.json',
    'global/v1.1.json',
    'global/v2.json',
  ])
})

test('what is ahead of the pointer stays: its publisher may be about to move it', (t) => {
  const objects = [base, object('global/v2.json', 2, 2, 0), object('global/v2.1.json', 0, 2, 0)]
  t.deepEqual(collect(objects, pointer(1, 'global/v1.json', 1), 0), [])
  t.deepEqual(collectableObjects(objects, new Map(), { now: NOW, keepMs: HOUR }), [], 'no pointer yet')
})

test('what a crash has left goes when a later version covers it', (t) => {
  const objects = [base, object('global/v2.1.json', 0, 2, 0), object('global/v3.json', 0, 3, 0)]
  t.deepEqual(collect(objects, pointer(3, 'global/v3.json', 3), 0), ['global/v1.json', 'global/v2.1.json'])
})

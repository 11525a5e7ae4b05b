import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import type { BoundAliases, IndexFaultCode } from '../../gateways/client/index.ts'
import { eventually, testNats } from '../support/infrastructure.ts'
import { A, type AliasClient, aliasClient, B, C, PATIENT } from './alias-client.ts'
import { AliasIndexPublisher } from './alias-index-publisher.ts'

const SITE = { kind: 'site', site: 'KSEA' } as const

/** A site with one name, and a client that knows it. */
async function known(t: ExecutionContext) {
  const nats = await testNats(t)
  const site = await AliasIndexPublisher.open(await nats.connect(), SITE)
  await site.base([{ name: 'x', target: A }])
  const client = await aliasClient(nats.url)
  const bound = client.aliases.bind({ site: 'KSEA' })
  await bound.ready(PATIENT)
  await eventually(() => bound.resolve('x')?.target === A, PATIENT)
  return { nats, site, client, bound }
}

/** The last good version answers, and what is wrong is told and shows. */
async function keepsLastGood(
  t: ExecutionContext,
  { client, bound }: { client: AliasClient; bound: BoundAliases },
  code: IndexFaultCode,
): Promise<void> {
  await eventually(() => client.faults.some((fault) => fault.code === code), { ...PATIENT, what: code })
  t.is(bound.resolve('x')?.target, A)
  const status = bound.status().scopes[0]
  t.like(status, { version: 1, fault: { code, scope: 'site.KSEA' } })
}

test('an object with another sha256 is not taken in, until it or a newer version is right', async (t) => {
  const world = await known(t)
  const { site, bound } = world
  const right = await site.change({ set: [{ name: 'x', target: B }] })
  await eventually(() => bound.resolve('x')?.target === B, PATIENT)
  const good = right.deltas[0]
  if (good === undefined) return t.fail()
  const stored = zstdCompressSync('something else of the same length')
  const wrong = { ...(await site.store(stored)), sha256: '0'.repeat(64), from: 3, to: 3 }
  await site.put({ ...right, version: 3, deltas: [good, wrong] })
  await eventually(() => world.client.faults.some(({ code }) => code === 'object_corrupt'), PATIENT)
  t.is(bound.resolve('x')?.target, B)
  t.like(bound.status().scopes[0], { version: 2, fault: { code: 'object_corrupt' } })
  t.regex(bound.status().scopes[0]?.fault?.message ?? '', /sha256/)
  await site.base([{ name: 'x', target: C }])
  await eventually(() => bound.resolve('x')?.target === C, PATIENT)
  t.is(bound.status().scopes[0]?.fault, undefined)
})

test('an object that was written over is known by its sha256', async (t) => {
  const nats = await testNats(t)
  const site = await AliasIndexPublisher.open(await nats.connect(), SITE)
  const { object, bytes } = await site.base([{ name: 'x', target: A }])
  const { pointer } = site
  await site.replaceObject(object, Buffer.alloc(bytes, 7))
  const client = await aliasClient(nats.url)
  const bound = client.aliases.bind({ site: 'KSEA' })
  await eventually(() => client.faults.some(({ code }) => code === 'object_corrupt'), PATIENT)
  t.throws(() => bound.resolve('x'))
  t.is(pointer.version, 1)
})

test('a pointer that goes back within its epoch is ignored and told', async (t) => {
  const world = await known(t)
  const first = world.site.pointer
  await world.site.change({ set: [{ name: 'x', target: B }] })
  await eventually(() => world.bound.resolve('x')?.target === B, PATIENT)
  await world.site.put(first)
  await eventually(() => world.client.faults.some(({ code }) => code === 'pointer_went_back'), PATIENT)
  t.is(world.bound.resolve('x')?.target, B)
  t.like(world.bound.status().scopes[0], { version: 2, fault: { code: 'pointer_went_back' } })
})

test('a pointer of a later epoch is taken in though its version is smaller, one of an earlier epoch is not', async (t) => {
  const { site, bound, client } = await known(t)
  for (const target of [B, C, B])
    await site.change({
      set: [
        { name: 'x', target },
        { name: 'y', target },
      ],
    })
  await eventually(() => bound.status().scopes[0]?.version === 4, PATIENT)
  const earlier = site.pointer
  const restored = await site.base([{ name: 'x', target: C }], { epoch: '01KJ0000000000000000000000' })
  const heard: string[] = []
  bound.onAlias(({ change, name }) => heard.push(`${change} ${name}`))
  await eventually(() => bound.resolve('x')?.target === C, PATIENT)
  t.is(bound.resolve('y'), undefined)
  t.is(bound.status().scopes[0]?.epoch, restored.epoch)
  await site.put({ ...earlier, version: 4 })
  await eventually(() => client.faults.some(({ code }) => code === 'pointer_went_back'), PATIENT)
  t.is(bound.resolve('x')?.target, C)
})

test('an object that unpacks to far more than any may is not taken in', async (t) => {
  const world = await known(t)
  const bomb = await world.site.store(zstdCompressSync(Buffer.alloc(80 * 2 ** 20)))
  t.true(bomb.bytes < 20_000)
  await world.site.put({ ...world.site.pointer, ...bomb, version: 2, baseVersion: 2 })
  await keepsLastGood(t, world, 'object_too_large')
})

test('an object that says to be larger than any may be is not even fetched', async (t) => {
  const world = await known(t)
  await world.site.put({ ...world.site.pointer, bytes: 2 ** 31, version: 2, baseVersion: 2 })
  await keepsLastGood(t, world, 'object_too_large')
})

for (const [what, content] of [
  ['cut short', () => zstdCompressSync(JSON.stringify({ kind: 'base' })).subarray(0, 12)],
  ['no JSON', () => zstdCompressSync('{"kind":')],
  [
    'of another kind',
    () => zstdCompressSync(JSON.stringify({ kind: 'part', scope: 'site.KSEA', version: 2, entries: [] })),
  ],
  ['of another scope', () => base({ scope: 'site.KLAX' })],
  ['of another version', () => base({ version: 3 })],
  ['uneven', () => base({ entries: [{ node: null, names: ['a', 'b'], targets: [A], ids: [1], expires: [] }] })],
  [
    'with a name that can be none',
    () => base({ entries: [{ node: null, names: [''], targets: [A], ids: [1], expires: [] }] }),
  ],
] as const)
  test(`an object that is ${what} is not taken in`, async (t) => {
    const world = await known(t)
    const stored = await world.site.store(content())
    await world.site.put({ ...world.site.pointer, ...stored, version: 2, baseVersion: 2 })
    await keepsLastGood(t, world, 'object_corrupt')
  })

function base(other: object): Uint8Array {
  const content = { kind: 'base', scope: 'site.KSEA', version: 2, position: 2, entries: [], parts: [], ...other }
  return zstdCompressSync(JSON.stringify(content))
}

test('nodes in a scope that has none are a fault, not a crash', async (t) => {
  const nats = await testNats(t)
  const global = await AliasIndexPublisher.open(await nats.connect(), { kind: 'global' })
  await global.base([{ node: 'n', name: 'x', target: A }])
  const client = await aliasClient(nats.url)
  client.aliases.bind()
  await eventually(() => client.faults.some(({ code }) => code === 'object_corrupt'), PATIENT)
  t.false(client.aliases.status().scopes[0]?.isThere)
})

test('a pointer that is none, or whose deltas leave a gap, is not followed', async (t) => {
  const world = await known(t)
  await world.site.putText('{"version": 2}')
  await keepsLastGood(t, world, 'pointer_invalid')
  const { sha256, object, bytes } = world.site.pointer
  await world.site.put({ ...world.site.pointer, version: 3, deltas: [{ sha256, object, bytes, from: 3, to: 3 }] })
  await eventually(() => world.client.faults.some(({ message }) => message.includes('does not continue')), PATIENT)
  t.is(world.bound.resolve('x')?.target, A)
})

test('when an object is gone the pointer is read again, and the newer one is followed', async (t) => {
  const world = await known(t)
  const two = await world.site.change({ set: [{ name: 'x', target: B }] })
  await eventually(() => world.bound.resolve('x')?.target === B, PATIENT)
  const [delta] = two.deltas
  if (delta === undefined) return t.fail()
  await world.site.put({ ...two, version: 3, deltas: [delta, { ...delta, object: 'site.KSEA/gone', from: 3, to: 3 }] })
  await eventually(() => world.client.faults.some(({ code }) => code === 'object_gone'), PATIENT)
  t.is(world.bound.resolve('x')?.target, B)
  await world.site.compact()
  await eventually(() => world.bound.status().scopes[0]?.version === 3, PATIENT)
  t.is(world.bound.status().scopes[0]?.fault, undefined)
})

test('a scope of many parts is put together, and goes on by merged deltas', async (t) => {
  const nats = await testNats(t)
  const site = await AliasIndexPublisher.open(await nats.connect(), SITE)
  const entries = Array.from({ length: 9000 }, (_, id) => ({
    node: id % 3 ? `n${id % 3}` : null,
    name: `Name ${id}`,
    target: A,
    id,
  }))
  await site.base(entries, { partEntries: 1000 })
  const { aliases } = await aliasClient(nats.url)
  const bound = aliases.bind({ site: 'KSEA', node: 'n1' })
  await bound.ready(PATIENT)
  t.is(bound.status().scopes[0]?.aliases, 9000)
  for (let i = 0; i < 20; i++) await site.change({ set: [{ node: 'n1', name: `name ${i}`, target: B }] })
  await eventually(() => bound.status().scopes[0]?.version === 21, PATIENT)
  t.true(site.pointer.deltas.some(({ from, to }) => to > from))
  for (let i = 0; i < 20; i++) t.is(bound.resolve(`NAME ${i}`)?.target, B)
  t.is(bound.resolve('name 100')?.target, A)
})

test('more changes than a turn of the event loop may make are made in a copy, all at once', async (t) => {
  const { site, bound } = await known(t)
  const many = Array.from({ length: 10_000 }, (_, i) => ({ name: `n ${i}`, target: A }))
  const heard: string[] = []
  bound.onAlias(({ change }) => {
    if (heard.length === 0) t.is(bound.status().scopes[0]?.aliases, 10_000)
    heard.push(change)
  })
  await site.change({ set: many, remove: [{ name: 'x' }] })
  await eventually(() => heard.length === 10_001, PATIENT)
  t.is(bound.resolve('N 9999')?.target, A)
  t.is(heard.filter((change) => change === 'removed').length, 1)
})

test('without NATS a client starts from disk, and catches up when it is back', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'pharos-index-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const nats = await testNats(t)
  const site = await AliasIndexPublisher.open(await nats.connect(), SITE)
  await site.base(
    [
      { name: 'x', target: A },
      { name: 'y', target: A },
    ],
    { partEntries: 1 },
  )
  const first = await aliasClient(nats.url, { directory })
  await first.aliases.bind({ site: 'KSEA' }).ready(PATIENT)
  await site.change({ set: [{ name: 'x', target: B }] })
  await eventually(() => first.aliases.status().scopes[0]?.version === 2, PATIENT)
  await first.pharos.close()
  t.deepEqual((await readdir(join(directory, 'site.KSEA'))).length, 5)
  t.is((await stat(join(directory, 'site.KSEA'))).mode & 0o777, 0o700)
  t.is((await stat(join(directory, 'site.KSEA', 'pointer.json'))).mode & 0o777, 0o600)

  const away = await aliasClient('nats://127.0.0.1:1', { directory })
  const offline = away.aliases.bind({ site: 'KSEA' })
  await t.throwsAsync(offline.ready({ timeoutMs: 200 }), { message: /global not there.*not connected/ })
  t.like(away.aliases.status(), { isConnected: false })
  await eventually(() => offline.status().scopes[0]?.version === 2, PATIENT)

  await site.change({ set: [{ name: 'x', target: C }] })
  const back = await aliasClient(nats.url, { directory })
  const bound = back.aliases.bind({ site: 'KSEA' })
  await eventually(() => bound.status().scopes[0]?.version === 3, PATIENT)
  t.is(bound.resolve('x')?.target, C)
  t.is(bound.resolve('y')?.target, A)
  await Promise.all([away.pharos.close(), back.pharos.close()])
})

test('damaged files are told, fetched again and replaced; without NATS they are not believed', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'pharos-index-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const nats = await testNats(t)
  const global = await AliasIndexPublisher.open(await nats.connect(), { kind: 'global' })
  const { sha256, bytes } = await global.base([{ name: 'x', target: A }])
  const first = await aliasClient(nats.url, { directory })
  await first.aliases.bind().ready(PATIENT)
  await first.pharos.close()
  const file = join(directory, 'global', `${sha256}.zst`)
  const good = await readFile(file)
  await writeFile(file, Buffer.alloc(bytes, 1))

  const away = await aliasClient('nats://127.0.0.1:1', { directory })
  away.aliases.bind()
  await eventually(() => away.faults.some(({ code }) => code === 'directory'), PATIENT)
  t.false(away.aliases.status().scopes[0]?.isThere)
  await away.pharos.close()

  const back = await aliasClient(nats.url, { directory })
  const bound = back.aliases.bind()
  await bound.ready(PATIENT)
  t.is(bound.resolve('x')?.target, A)
  await back.pharos.close()
  t.deepEqual(await readFile(file), good)

  await writeFile(join(directory, 'global', 'pointer.json'), '{"pointer":')
  const other = await aliasClient(nats.url, { directory })
  await other.aliases.bind().ready(PATIENT)
  t.true(other.faults.some(({ code }) => code === 'directory'))
  await other.pharos.close()
})

import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import test from 'ava'
import { eventually } from '../support/infrastructure.ts'
import { EdgeWorld } from './support/edge-world.ts'
import { fillFleet } from './support/fleet-source.ts'
import { watchReaders, wholeState } from './support/watch-readers.ts'

const USERS = 1200
const MINUTE = 60_000

/** A device with edition `old`, readers on it, and edition `new` waiting to be published. */
async function oldDevice(t: Parameters<typeof EdgeWorld.open>[0], set: Record<string, string> = {}) {
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', USERS)
  const running = await world.agent(set)
  await world.syncTo(running)
  await eventually(() => world.central.acks.length === 1)
  const readers = watchReaders(world.edge)
  await fillFleet(world.source, 'new', USERS)
  return { world, running, readers }
}

/** The next sync succeeds, and readers saw the one edition or the other. */
async function recovers(
  t: Parameters<typeof EdgeWorld.open>[0],
  { world, running, readers }: Awaited<ReturnType<typeof oldDevice>>,
) {
  world.central.faults = {}
  const { manifest } = world.central
  if (manifest === undefined) throw new Error('nothing is published')
  await world.becomes(running, manifest, MINUTE)
  await readers.stop()
  const states = [...readers.states].toSorted()
  t.deepEqual(
    states.filter((state) => state !== wholeState('new', USERS)),
    [wholeState('old', USERS)],
  )
  t.like((await world.ledger()).at(-1), { status: 'success', error: null })
  await eventually(async () => (await sizeOf(join(world.dataDir, 'chunks'))) <= chunkBytes(world))
}

/** Made once: it is asked for again and again. */
const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))

const spoil: Record<string, (bytes: Buffer, whole: Buffer) => Buffer> = {
  'a flipped byte': (bytes) => {
    const spoilt = Buffer.from(bytes)
    const at = spoilt.length >> 1
    spoilt[at] = (spoilt[at] ?? 0) ^ 1
    return spoilt
  },
  'another chunk, whole and well compressed': () => zstdCompressSync(Buffer.from('["x"]\n')),
  'a chunk that unpacks to more than it may': () => bomb,
}
for (const [what, change] of Object.entries(spoil))
  test(`${what} is refused before the database is touched, written down, and told to central`, async (t) => {
    t.timeout(5 * MINUTE)
    const device = await oldDevice(t)
    const { world, running } = device
    await world.publish()
    world.central.faults.fetch = (bytes, { offset, whole }) => (offset === 0 ? change(bytes, whole) : bytes)
    t.like(await world.outcome(running), { status: 'refused', code: 'content' })
    t.like((await world.ledger()).at(-1), { status: 'failed', manifestId: world.central.manifest?.manifestId })
    t.regex((await world.ledger()).at(-1)?.error ?? '', /^content: chunk [0-9a-f]{64}/)
    const { rows: touched } = await world.edge.query(
      `select 1 from pg_class where relnamespace = to_regnamespace('pharos_next')`,
    )
    t.is(touched.length, 0)
    // The ack of what failed is sent with the next sync.
    await recovers(t, device)
    t.deepEqual(
      world.central.acks.map(({ status }) => status),
      ['Success', 'Failed', 'Success'],
    )
  })

test('a chunk that ends too early, whatever its length says, is refused', async (t) => {
  t.timeout(5 * MINUTE)
  const device = await oldDevice(t)
  const { world, running } = device
  await world.publish()
  world.central.faults.fetch = (bytes, { whole }) => {
    const cut = Buffer.alloc(bytes.length)
    bytes.copy(cut, 0, 0, whole.length >> 1)
    return cut
  }
  t.like(await world.outcome(running), { status: 'refused', code: 'content' })
  await recovers(t, device)
})

test('a download that is cut goes on at the byte where it was, in another process of central', async (t) => {
  t.timeout(5 * MINUTE)
  const device = await oldDevice(t)
  const { world, running, readers } = device
  await world.publish()
  // Pieces of a few hundred bytes, so that every chunk takes several; after some, central is gone.
  let pieces = 0
  let gone = false
  const small = (bytes: Buffer) => bytes.subarray(0, 150)
  world.central.faults.fetch = (bytes) => {
    if (gone || ++pieces > 25) {
      gone = true
      return 'silent'
    }
    return small(bytes)
  }
  const flight = running.agent.trigger('request')
  await eventually(() => gone, { timeoutMs: MINUTE })
  await world.central.stop()
  const had = new Set(world.central.fetches)
  world.central.fetches.length = 0
  world.central.faults.fetch = small
  await world.central.start(await world.nats.connect())
  t.like(await flight, { status: 'success' })
  const restarted = world.central.fetches.filter((fetch) => fetch.endsWith('@0') && had.has(fetch))
  t.true(world.central.fetches.some((fetch) => !fetch.endsWith('@0')))
  // Only what was asked for and not answered is asked for again.
  t.true(restarted.length <= 8, restarted.join(' '))
  t.true(running.status.lastSuccess !== undefined)
  await recovers(t, { world, running, readers })
})

test('a manifest that is replaced while it is fetched is followed by the one that replaced it', async (t) => {
  t.timeout(5 * MINUTE)
  const device = await oldDevice(t)
  const { world, running } = device
  await world.publish()
  let replaced: Promise<unknown> | undefined
  world.central.faults.fetch = async (bytes) => {
    replaced ??= world.publish()
    await replaced
    return bytes
  }
  const outcome = await world.outcome(running)
  t.like(outcome, { status: 'success', manifestId: world.central.manifest?.manifestId })
  t.is((await world.ledger()).length, 2)
  await recovers(t, device)
})

test('an ack that is lost after the commit is sent until central has it, and nothing is loaded twice', async (t) => {
  t.timeout(5 * MINUTE)
  const device = await oldDevice(t)
  const { world, running } = device
  const manifest = await world.publish()
  world.central.faults.ack = () => 'lost'
  // The acknowledgement waits for its answer in vain: the sync itself has succeeded.
  await running.agent.trigger('request')
  t.is(running.status.lastSuccess?.manifestId, manifest.manifestId)
  t.is(world.central.acks.length, 1)
  const fetched = world.central.fetches.length
  await recovers(t, device)
  await eventually(() => world.central.acks.length === 2)
  t.like(world.central.acks[1], { manifestId: manifest.manifestId, status: 'Success' })
  t.is(world.central.fetches.length, fetched)
  t.is((await world.ledger()).length, 2)
})

test('triggers that come at once are one flight, and a manifest that is told of twice is loaded once', async (t) => {
  t.timeout(5 * MINUTE)
  const device = await oldDevice(t)
  const { world, running } = device
  const manifest = await world.publish()
  const asked = world.central.requests.length
  world.central.wake()
  world.central.wake()
  const outcomes = await Promise.all([
    running.agent.trigger('request'),
    running.agent.trigger('request'),
    running.agent.trigger('wake'),
  ])
  t.is(new Set(outcomes).size, 1)
  await recovers(t, device)
  t.true(world.central.requests.length - asked <= 6)
  const runs = await world.ledger()
  t.is(runs.filter(({ manifestId }) => manifestId === manifest.manifestId).length, 1)
})

test('only changed tables are loaded, only missing chunks fetched, and nothing at all for content that is there', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'old', USERS)
  const running = await world.agent()
  await world.syncTo(running)
  world.central.fetches.length = 0
  await world.source.query(`update source.users set phone = '+1' where user_id = 'u-loc-1-0000700'`)
  await world.syncTo(running)
  t.is(new Set(world.central.fetches).size, 1)
  const { rows } = await world.edge.query<{ rows: string }>(
    `select n_tup_upd + n_tup_ins + n_tup_del as rows from pg_stat_all_tables where schemaname = 'pharos' and relname = 'companies'`,
  )
  t.is(Number(rows[0]?.rows), 1, 'a table that did not change is left alone')
  world.central.fetches.length = 0
  // The same content as another manifest, of another epoch: accepted, and nothing to do.
  await world.syncTo(running, { epoch: '01KBBBBBBBBBBBBBBBBBBBBBBB' as never, position: 1 })
  t.is(world.central.fetches.length, 0)
  await eventually(() => world.central.acks.length === 3)
  t.is(world.central.acks[2]?.localCounts['users'], USERS)
})

test('a chunk that the disk has spoilt is fetched again', async (t) => {
  t.timeout(5 * MINUTE)
  const device = await oldDevice(t, { LOAD_TACTIC: 'shadow' })
  const { world } = device
  const dir = join(world.dataDir, 'chunks')
  for (const name of await readdir(dir)) await writeFile(join(dir, name), 'rust')
  await fillFleet(world.source, 'old', USERS)
  await world.source.query(`insert into source.users select 'z', 'c-1', 'old', null, null, now(), now()`)
  await world.source.query(`insert into source.group_users values ('g-1', 'z')`)
  await t.notThrowsAsync(world.syncTo(device.running))
  await device.readers.stop()
})

test('a device that moves has the rows of its new place and none of the old one', async (t) => {
  t.timeout(5 * MINUTE)
  const world = await EdgeWorld.open(t)
  await fillFleet(world.source, 'here', 500, 'loc-1')
  const running = await world.agent()
  await world.syncTo(running)
  await fillFleet(world.source, 'there', 700, 'loc-2')
  await world.syncTo(running, { filters: { locationId: 'loc-2' } })
  const { rows } = await world.edge.query<{ left: string }>(
    `select (select count(*) from pharos.users where user_id like '%loc-1%') + (select count(*) from pharos.group_users where user_id like '%loc-1%')
       + (select count(*) from pharos.areas where location_id = 'loc-1') + (select count(*) from pharos.locations where location_id = 'loc-1') as left`,
  )
  t.is(rows[0]?.left, '0')
})

async function sizeOf(dir: string): Promise<number> {
  let sum = 0
  for (const name of await readdir(dir)) sum += (await stat(join(dir, name))).size
  return sum
}

/** Of all chunks of the manifest, uncompressed: an upper bound of what may be on disk. */
function chunkBytes({ central }: EdgeWorld): number {
  return (central.manifest?.tables ?? []).flatMap(({ chunks }) => chunks).reduce((sum, { bytes }) => sum + bytes, 4096)
}

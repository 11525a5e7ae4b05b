import { createHash } from 'node:crypto'
import test from 'ava'
import stringify from 'fast-json-stable-stringify'
import { contentHashInput } from '../../../schemas/device-sync/content-hash-input.ts'
import { deviceId } from '../../../schemas/device-sync/manifest.ts'
import { KEEP_PAYLOADS_MS } from '../../../projections/device-manifest/collect-payloads.ts'
import { ManifestWorld } from './manifest-world.ts'
import { isSignedByTest } from './test-signer.ts'

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

/** Two companies; Acme has harbour (devices h1, h2) and airport (device a1), whose groups share Ann. */
const FLEET = `
  insert into companies values ('acme', 'Acme', '2026-01-01', '2026-01-01'), ('bolt', 'Bolt', '2026-01-01', '2026-01-01');
  insert into locations values
    ('harbour', 'acme', 'Harbour', null, 'Europe/Oslo', 59.9, 10.70, '2026-01-01', '2026-01-01'),
    ('airport', 'acme', 'Airport', 'Runway "1"', null, null, null, '2026-01-01', '2026-01-01'),
    ('tower', 'bolt', 'Tower', null, null, null, null, '2026-01-01', '2026-01-01');
  insert into groups values
    ('crew', 'acme', 'Crew', null, '2026-01-01', '2026-01-01'), ('pilots', 'acme', 'Pilots', '', '2026-01-01', '2026-01-01');
  insert into users values
    ('ann', 'acme', 'Ann', 'ann@example.org', null, '2026-01-01', '2026-01-01 10:00:00.123456+02'),
    ('ben', 'acme', 'Ben' || chr(10) || chr(128512), null, null, '2026-01-01', '2026-01-01'),
    ('cat', 'acme', 'Cat', null, '', '2026-01-01', '2026-01-01');
  insert into areas values ('dock', 'harbour', 'Dock', null, '2026-01-01', '2026-01-01');
  insert into devices values
    ('h1', '48:b0:2d:00:00:01', 'harbour', null, null),
    ('h2', '48:b0:2d:00:00:02', 'harbour', null, null),
    ('a1', '48:b0:2d:00:00:03', 'airport', null, null);
  insert into location_groups values ('harbour', 'crew'), ('airport', 'crew'), ('airport', 'pilots');
  insert into group_users values ('crew', 'ann'), ('crew', 'ben'), ('pilots', 'cat');`

async function fleet(t: { readonly title: string }): Promise<ManifestWorld> {
  const world = await ManifestWorld.create(t)
  await world.change(FLEET, 'location:harbour', 'location:airport', 'location:tower')
  await world.round()
  return world
}

test('every device gets its own part, signed, and every hash is of what it names', async (t) => {
  const world = await fleet(t)
  const [h1, h2, a1] = await Promise.all(['h1', 'h2', 'a1'].map((id) => world.manifestOf(id)))
  t.truthy(h1 && h2 && a1)
  if (!h1 || !h2 || !a1) return
  t.deepEqual(await world.rowsOf('h1', 'devices'), [
    ['h1', '48:b0:2d:00:00:01', 'harbour', null, null, '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00'],
  ])
  t.deepEqual(await world.rowsOf('h2', 'users'), [
    ['ann', 'acme', 'Ann', 'ann@example.org', null, '2026-01-01 00:00:00+00', '2026-01-01 08:00:00.123456+00'],
    ['ben', 'acme', 'Ben\n\u{1F600}', null, null, '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00'],
  ])
  t.deepEqual(
    (await world.rowsOf('a1', 'users')).map(([id]) => id),
    ['ann', 'ben', 'cat'],
  )
  t.deepEqual(await world.rowsOf('a1', 'locations'), [
    ['airport', 'acme', 'Airport', 'Runway "1"', null, null, null, '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00'],
  ])
  t.deepEqual(await world.rowsOf('a1', 'areas'), [])
  for (const manifest of [h1, h2, a1]) {
    t.true(isSignedByTest(manifest))
    t.is(manifest.sha256, sha256(stringify(contentHashInput(manifest))))
    for (const table of manifest.tables) {
      const chunks = await Promise.all(table.chunks.map((chunk) => world.object(chunk.sha256)))
      t.deepEqual(
        table.chunks.map((chunk) => [chunk.sha256, chunk.bytes]),
        chunks.map((bytes) => [sha256(bytes), bytes.length]),
      )
      t.is(table.sha256, sha256(Buffer.concat(chunks)))
      t.is(table.rowCount, Buffer.concat(chunks).toString().split('\n').length - 1)
    }
  }
  // Devices of one location share all but their own row.
  const shared = ({ tables }: typeof h1) => tables.filter(({ name }) => name !== 'devices')
  t.deepEqual(shared(h1), shared(h2))
  t.is(await world.manifestOf('t1'), undefined)
})

test('a change makes one new chunk for each location that sees it, and manifests for their devices alone', async (t) => {
  const world = await fleet(t)
  const before = await Promise.all(['h1', 'a1'].map((id) => world.manifestOf(id)))
  world.built.length = 0
  await world.change(`update users set name = 'Cathy' where user_id = 'cat'`, 'location:airport')
  await world.round()
  t.deepEqual(
    world.built.map(({ locationId, chunks, manifests }) => ({ locationId, chunks, manifests })),
    [{ locationId: 'airport', chunks: 1, manifests: 1 }],
  )
  const after = await Promise.all(['h1', 'a1'].map((id) => world.manifestOf(id)))
  t.deepEqual(after[0], before[0])
  t.not(after[1]?.manifestId, before[1]?.manifestId)
  t.true((after[1]?.position ?? 0) > (before[1]?.position ?? 0))
})

test('a device whose own row changes gets a manifest for that, and no other device of its location does', async (t) => {
  const world = await fleet(t)
  const before = await Promise.all(['h1', 'h2'].map((id) => world.manifestOf(id)))
  world.built.length = 0
  await world.change(`update devices set name = 'Gate 1' where device_id = 'h1'`, 'location:harbour')
  await world.round()
  t.deepEqual(
    world.built.map(({ chunks, manifests }) => ({ chunks, manifests })),
    [{ chunks: 1, manifests: 1 }],
  )
  t.is((await world.rowsOf('h1', 'devices'))[0]?.[3], 'Gate 1')
  t.is((await world.rowsOf('h1', 'users')).length, 2)
  t.not((await world.manifestOf('h1'))?.manifestId, before[0]?.manifestId)
  t.deepEqual(await world.manifestOf('h2'), before[1])
})

test('when the last device of a location has left, nothing of the location is kept for longer than a day', async (t) => {
  const world = await fleet(t)
  await world.change(
    `update devices set location_id = 'harbour' where device_id = 'a1'`,
    'location:airport',
    'location:harbour',
  )
  await world.round()
  world.now += 25 * 3_600_000
  t.true((await world.collect()).removed > 0)
  const { rows } = await world.ledger.query(`select from payloads where scope = 'location:airport'`)
  t.is(rows.length, 0)
  t.is((await world.rowsOf('a1', 'areas')).length, 1)
})

test('what is marked and reads the same makes no new manifest', async (t) => {
  const world = await fleet(t)
  const before = await world.manifestOf('h1')
  await world.change(`update users set name = name`, 'location:harbour')
  await world.round()
  t.deepEqual(await world.manifestOf('h1'), before)
  t.is(world.built.at(-1)?.manifests, 0)
})

test('a device that moves gets all of its new location and nothing of the old', async (t) => {
  const world = await fleet(t)
  await world.change(
    `update devices set location_id = 'airport' where device_id = 'h2'`,
    'location:harbour',
    'location:airport',
  )
  await world.round()
  const moved = await world.manifestOf('h2')
  t.is(moved?.filters.locationId, 'airport')
  t.deepEqual(
    (await world.rowsOf('h2', 'locations')).map(([id]) => id),
    ['airport'],
  )
  t.deepEqual(await world.rowsOf('h2', 'areas'), [])
})

test('a device without a location has no manifest any more', async (t) => {
  const world = await fleet(t)
  await world.change(`update devices set location_id = null where device_id = 'h2'`, 'location:harbour')
  await world.round()
  t.is(await world.manifestOf('h2'), undefined)
  t.truthy(await world.manifestOf('h1'))
  const { rows } = await world.ledger.query(`select from manifests where device_id = 'h2'`)
  t.is(rows.length, 0)
})

test('a builder that died before it wrote down what it had published is succeeded by one that publishes nothing twice', async (t) => {
  const world = await fleet(t)
  const before = await world.manifestOf('h1')
  await world.ledger.query('truncate manifests, built_locations')
  await world.newTenure()
  await world.round()
  t.deepEqual(await world.manifestOf('h1'), before)
})

test('a manifest that a builder published which woke up too late is replaced by what is true', async (t) => {
  const world = await fleet(t)
  const standing = await world.ports.manifests.read(deviceId.parse('h1'))
  const stale = standing?.manifests.map((manifest) => ({ ...manifest, sha256: sha256('stale') })) ?? []
  await world.ports.manifests.publish(deviceId.parse('h1'), stale, standing?.revision ?? 0)
  t.is(await world.newTenure(), 1)
  await world.round()
  t.is((await world.manifestOf('h1'))?.sha256, standing?.manifests[0]?.sha256)
})

test('what another builder has published of a later position stays', async (t) => {
  const world = await fleet(t)
  const standing = await world.ports.manifests.read(deviceId.parse('h1'))
  const later = standing?.manifests.map((manifest) => ({ ...manifest, position: 999, sha256: sha256('later') })) ?? []
  await world.ports.manifests.publish(deviceId.parse('h1'), later, standing?.revision ?? 0)
  await world.change(`update users set name = 'Anna' where user_id = 'ann'`, 'location:harbour')
  await world.round()
  t.is((await world.manifestOf('h1'))?.position, 999)
})

test('a manifest that another builder has published of a later position is not taken back either', async (t) => {
  const world = await fleet(t)
  const h2 = deviceId.parse('h2')
  const standing = await world.ports.manifests.read(h2)
  const later = standing?.manifests.map((manifest) => ({ ...manifest, position: 999 })) ?? []
  const revision = await world.ports.manifests.publish(h2, later, standing?.revision ?? 0)
  await world.change(`update devices set location_id = null where device_id = 'h2'`, 'location:harbour')
  await world.round()
  t.is((await world.manifestOf('h2'))?.position, 999)
  // Nor is what was published after a builder had looked.
  await world.ports.manifests.remove(h2, standing?.revision ?? 0)
  t.is((await world.ports.manifests.read(h2))?.revision, revision)
  await world.ports.manifests.remove(h2, revision ?? 0)
  t.is(await world.ports.manifests.read(h2), undefined)
})

test('a chunk is removed a day after nothing needs it, unless it is needed again', async (t) => {
  const world = await fleet(t)
  const chunkOf = async () =>
    (await world.manifestOf('a1'))?.tables.find(({ name }) => name === 'users')?.chunks[0]?.sha256
  const first = await chunkOf()
  const rename = (name: string) => `update users set name = '${name}' where user_id = 'cat'`
  await world.change(rename('Cathy'), 'location:airport')
  await world.round()
  const second = await chunkOf()
  await world.change(rename('Cat'), 'location:airport')
  await world.round()
  t.is(await chunkOf(), first)
  world.now += 23 * 3_600_000
  t.is((await world.collect()).removed, 0)
  world.now += 2 * 3_600_000
  t.is((await world.collect()).removed, 1)
  const left = (await world.ports.objects.list()).map((object) => object.sha256)
  t.true(left.includes(first ?? ''))
  t.false(left.includes(second ?? ''))
  // And what was removed is stored again when it is needed again.
  await world.change(rename('Cathy'), 'location:airport')
  await world.round()
  t.is((await world.rowsOf('a1', 'users')).length, 3)
})

test('a builder that has lost its session while it collects removes nothing more', async (t) => {
  const world = await fleet(t)
  await world.change(`update users set name = 'Anna' where user_id = 'ann'`, 'location:harbour', 'location:airport')
  await world.round()
  world.now = Date.now() + 2 * KEEP_PAYLOADS_MS
  const before = await world.ports.objects.list()
  const lost = new Error('the session is lost')
  t.is(await t.throwsAsync(world.collect(undefined, () => Promise.reject(lost))), lost)
  t.is((await world.ports.objects.list()).length, before.length)
  t.true((await world.collect()).removed > 0)
})

test('a chunk that is gone from the bucket is stored again, and stays', async (t) => {
  const world = await fleet(t)
  const lost = (await world.manifestOf('h1'))?.tables.find(({ name }) => name === 'users')?.chunks[0]?.sha256 ?? ''
  await world.ports.objects.remove(lost)
  t.is((await world.collect()).missing, 1)
  await world.round()
  t.is((await world.rowsOf('h1', 'users')).length, 2)
  // Nothing else has changed of what needs it, and it is known to be needed all the same.
  world.now = Date.now() + 48 * 3_600_000
  t.is((await world.collect()).removed, 0)
  t.is((await world.rowsOf('h1', 'users')).length, 2)
})

test('what a crash has left in the bucket is removed after a day', async (t) => {
  const world = await fleet(t)
  const before = (await world.ports.objects.list()).length
  await world.ports.objects.put(sha256('nobody knows it'), Buffer.from('x'))
  world.now = Date.now()
  await world.collect()
  t.is((await world.ports.objects.list()).length, before + 1)
  world.now += 25 * 3_600_000
  await world.collect()
  t.is((await world.ports.objects.list()).length, before)
})

test('a location that sees something parked keeps what it has; all others go on', async (t) => {
  const world = await fleet(t)
  const before = await world.manifestOf('a1')
  await world.change(
    `insert into parked (aggregate, from_position, cause, error, concerns) values ('evt.user.cat', 2, 2, 'poison', '{}');
     update users set name = 'X' where user_id in ('ann', 'cat')`,
    'location:airport',
    'location:harbour',
  )
  t.is((await world.round())?.held, 1)
  t.deepEqual(await world.manifestOf('a1'), before)
  t.is((await world.rowsOf('h1', 'users'))[0]?.[2], 'X')
  await world.change(`delete from parked`)
  await world.round()
  t.is((await world.rowsOf('a1', 'users'))[2]?.[2], 'X')
})

test('a row that no chunk can hold keeps its location back, with an alarm, and no other', async (t) => {
  const world = await fleet(t)
  const before = await world.manifestOf('a1')
  await world.change(
    `update users set name = repeat('x', 17 * 1024 * 1024) where user_id = 'cat';
     update users set name = 'Benno' where user_id = 'ben'`,
    'location:airport',
    'location:harbour',
  )
  await world.round()
  t.deepEqual(world.alarms, ['airport'])
  t.deepEqual(await world.manifestOf('a1'), before)
  t.is((await world.rowsOf('h1', 'users'))[1]?.[2], 'Benno')
  await world.change(`update users set name = 'Cat' where user_id = 'cat'`, 'location:airport')
  world.now += 60_000
  await world.round()
  t.is((await world.rowsOf('a1', 'users'))[1]?.[2], 'Benno')
})

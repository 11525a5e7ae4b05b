import test from 'ava'
import fc from 'fast-check'
import { ReadModel } from '../../projections/queries/read-model.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import type { Projector } from '../../projections/projector.ts'
import { deviceCredentials } from '../../projections/tables/device-credentials.ts'
import { deviceSync } from '../../projections/tables/device-sync.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { type DeviceSyncEvent, deviceSyncEventData } from '../../schemas/events/device-sync.ts'
import { envelopeOf } from './alias-events.ts'
import { applyBatch, ProjectionWorld } from './projection-world.ts'
import { TestLog } from './test-log.ts'

const never = new AbortController().signal
const hex = (n: number): string => n.toString(16).padStart(64, '0')
const ulid = (n: number): string => `01K9Z${n.toString().padStart(21, '0')}`
const macOf = (device: string): string => `02:00:00:00:00:0${device.length}`

/** What a manifest of these row counts is in the evidence. */
const manifest = (n: number, counts: Readonly<Record<string, number>>) => ({
  manifestId: ulid(n),
  sha256: hex(n),
  generatedAt: '2026-03-01T11:59:00.000Z',
  schemaVersion: 1,
  epoch: ulid(0),
  position: n,
  filters: { locationId: 'sea' },
  tables: Object.entries(counts).map(([name, rowCount]) => ({ name, rowCount, sha256: hex(rowCount) })),
})

function requested(deviceId: string, status: 'manifest' | 'unchanged' | 'refused', of?: ReturnType<typeof manifest>) {
  const told = of === undefined ? null : status === 'unchanged' ? { ...of, tables: [] } : of
  const data = {
    deviceId,
    mac: macOf(deviceId),
    via: 'nats',
    status,
    held: null,
    manifest: told,
    reason: status === 'refused' ? 'not_built' : null,
  }
  return { type: 'sync.requested', data: deviceSyncEventData['sync.requested'].parse(data) } as DeviceSyncEvent
}

function acknowledged(deviceId: string, n: number, result: 'Success' | 'Failed', digest: number): DeviceSyncEvent {
  const data = {
    deviceId,
    mac: macOf(deviceId),
    via: 'http',
    manifestId: ulid(n),
    manifestSha256: hex(n),
    result,
    digest: hex(digest),
    localCounts: { users: n },
    localChecksums: { users: hex(n) },
    durationMs: 1200,
    error: result === 'Failed' ? 'disk\u0000full' : null,
    completedAt: '2026-03-01T12:00:00.000Z',
  }
  return { type: 'sync.acknowledged', data: deviceSyncEventData['sync.acknowledged'].parse(data) }
}

function recorded(events: readonly DeviceSyncEvent[]): RecordedEvent[] {
  return events.map((event, i) => {
    const subject = `sync.${event.type === 'sync.requested' ? 'request' : 'ack'}.${event.data.deviceId}`
    return { sequence: i + 1, subject, envelope: envelopeOf(event, { n: i + 1, subject }) }
  })
}

const story = recorded([
  requested('A', 'refused'),
  requested('A', 'manifest', manifest(1, { users: 3, areas: 1 })),
  acknowledged('A', 1, 'Failed', 1),
  requested('A', 'manifest', manifest(1, { users: 3, areas: 1 })),
  acknowledged('A', 1, 'Success', 2),
  acknowledged('A', 1, 'Success', 2),
  requested('BB', 'manifest', manifest(2, { users: 10 })),
  requested('A', 'unchanged', manifest(1, {})),
  requested('A', 'manifest', manifest(3, { users: 1, areas: 4 })),
])

test('the audit tables have the columns that were asked for, and say what was said', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session(deviceSync)
  await applyBatch(client, story, deviceSync)
  const { rows: requests } = await client.query(
    'select id::int, mac, manifest_id, requested_at is not null as timed, status, reason from pharos.sync_requests order by id',
  )
  t.deepEqual(
    requests.map((row) => [row.id, row.manifest_id, row.status, row.reason]),
    [
      [1, null, 'refused', 'not_built'],
      [2, ulid(1), 'manifest', null],
      [4, ulid(1), 'manifest', null],
      [7, ulid(2), 'manifest', null],
      [8, ulid(1), 'unchanged', null],
      [9, ulid(3), 'manifest', null],
    ],
  )
  const { rows: manifests } = await client.query(
    `select manifest_id, generated_at is not null as timed, table_name, row_count::int, sha256, filter_desc, payload_sha256
     from pharos.sync_manifests order by manifest_id, table_name`,
  )
  t.is(manifests.length, 5, 'a manifest that was handed out twice is noted once')
  t.like(manifests[0], { table_name: 'areas', row_count: 1, filter_desc: 'locationId=sea', payload_sha256: hex(1) })
  const { rows: acks } = await client.query(
    `select manifest_id, mac, completed_at, result, duration_ms::int, device_counts_json, device_hashes_json, error_text,
       payload_sha256
     from pharos.sync_acknowledgements order by id`,
  )
  t.is(acks.length, 2, 'the same ack again is no other')
  t.like(acks[0], { result: 'Failed', error_text: 'disk\uFFFDfull', duration_ms: 1200, payload_sha256: hex(1) })
  t.like(acks[1], { result: 'Success', device_counts_json: { users: 1 }, device_hashes_json: { users: hex(1) } })
})

test('requests, outcomes and rows that came and went are counted; a device that is as it should be is good', async (t) => {
  const world = await ProjectionWorld.create(t)
  const client = await world.session(deviceSync)
  await applyBatch(client, story, deviceSync)
  const { rows } = await client.query<{ kind: string; label: string; total: number }>(
    'select kind, label, sum(total)::int as total from pharos.sync_totals group by kind, label order by kind, label',
  )
  t.deepEqual(
    rows.map(({ kind, label, total }) => `${kind} ${label} ${total}`),
    [
      'acks Failed 1',
      'acks Success 1',
      'requests manifest 4',
      'requests not_built 1',
      'requests unchanged 1',
      'rows-added areas 4',
      'rows-added users 13',
      'rows-removed users 2',
    ],
  )
  const { rows: devices } = await client.query(
    `select device_id, last_result, handed_manifest_id, (extract(epoch from last_good_at) * 1000)::bigint::text as good,
       (extract(epoch from last_ack_at) * 1000)::bigint::text as ack
     from pharos.sync_devices order by device_id`,
  )
  const at = (n: number) => String(Date.parse(story[n - 1]?.envelope.time ?? ''))
  t.deepEqual(devices[0], {
    device_id: 'A',
    last_result: 'Success',
    handed_manifest_id: ulid(3),
    good: at(8),
    ack: at(5),
  })
  t.like(devices[1], { device_id: 'BB', good: null, ack: null })
})

const device = fc.constantFrom('A', 'BB', 'CCC')
const number = fc.integer({ min: 1, max: 4 })
const anyEvent = fc.oneof(
  fc
    .tuple(device, fc.constantFrom('manifest' as const, 'unchanged' as const), number, fc.nat(5))
    .map(([id, status, n, users]) => requested(id, status, manifest(n, { users }))),
  device.map((id) => requested(id, 'refused')),
  fc
    .tuple(device, number, fc.constantFrom('Success' as const, 'Failed' as const), fc.nat(6))
    .map(([id, n, result, digest]) => acknowledged(id, n, result, digest)),
)

async function hashesIn(world: ProjectionWorld, projector: Projector, batches: readonly (readonly RecordedEvent[])[]) {
  const client = await world.session(projector)
  const tables = Object.keys(await world.hashes(projector))
  await client.query(`truncate ${tables.join(', ')}, parked`)
  await client.query('update checkpoint set position = 0')
  for (const batch of batches) await applyBatch(client, batch, projector)
  return world.hashes(projector)
}

test('however the evidence is cut into batches, the tables are the same', async (t) => {
  const world = await ProjectionWorld.create(t)
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 25 }), async (events) => {
      const all = recorded(events)
      const whole = await hashesIn(world, deviceSync, [all])
      const single = await hashesIn(
        world,
        deviceSync,
        all.map((one) => [one]),
      )
      t.deepEqual(single, whole)
    }),
    { numRuns: 25 },
  )
})

const DAY_MS = 86_400_000
const STREAM_DAYS = 400

/** The events some days apart; no ack twice, which would be told apart only as long as the first is known. */
const overYears = fc
  .array(fc.tuple(anyEvent, fc.constantFrom(0, 0.3, 20, 150, 250)), { minLength: 3, maxLength: 25 })
  .map((steps) => {
    let day = 0
    return recorded(steps.map(([event], i) => unlike(event, i))).map((event, i) => {
      day += steps[i]?.[1] ?? 0
      const time = new Date(Date.parse('2026-03-01T12:00:00.000Z') + day * DAY_MS + i).toISOString()
      return { ...event, envelope: { ...event.envelope, time } }
    })
  })

/** A manifest is one device's, and always the same. */
function unlike(event: DeviceSyncEvent, n: number): DeviceSyncEvent {
  if (event.type === 'sync.acknowledged') return { ...event, data: { ...event.data, digest: hex(n) } }
  const { deviceId, status, manifest: of } = event.data
  if (of === null || status === 'refused') return event
  const number = of.position * 10 + deviceId.length
  return requested(deviceId, status, manifest(number, { users: of.position }))
}

/** As stream SYNC has it when the last one has just come. */
function streamAtEnd(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const end = Date.parse(events.at(-1)?.envelope.time ?? '')
  return events.filter(({ envelope }) => Date.parse(envelope.time) >= end - STREAM_DAYS * DAY_MS)
}

function comparable(hashes: object): object {
  return Object.fromEntries(Object.entries(hashes).filter(([table]) => !deviceSync.remembered?.includes(table)))
}

test('what is older than the tables keep goes as events come, so that what the stream still has gives the same', async (t) => {
  const world = await ProjectionWorld.create(t)
  let gone = 0
  await fc.assert(
    fc.asyncProperty(overYears, async (events) => {
      const single = events.map((one) => [one])
      const live = await hashesIn(world, deviceSync, single)
      t.deepEqual(await hashesIn(world, deviceSync, [events]), live, 'in one batch')
      const rebuilt = await hashesIn(world, deviceSync, [streamAtEnd(events)])
      t.deepEqual(comparable(rebuilt), comparable(live), 'of what the stream has')
      gone += events.length - streamAtEnd(events).length
    }),
    { numRuns: 15 },
  )
  t.true(gone > 20)
})

test('a rebuild lets go of the same, loaded in bulk', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [events = []] = fc.sample(
    overYears.filter((some) => streamAtEnd(some).length < some.length - 3 && some.length > 12),
    { numRuns: 1, seed: 7 },
  )
  const log = new TestLog()
  log.add(...events)
  const runner = world.run(log, { projector: deviceSync })
  await world.untilPosition(events.length, 'device_sync')
  const rebuilt = await rebuildProjector(deviceSync, { database: world.database, log, signal: never })
  t.true(rebuilt.status === 'swapped' && rebuilt.tables.every(({ isEqual }) => isEqual))
  await runner.stop()
  const { rows } = await world.pool.query(
    'select extract(day from max(requested_at) - min(requested_at))::int as days from pharos.sync_requests',
  )
  t.true(rows[0].days < 371)
})

test('a rebuild of either gives what is live', async (t) => {
  const world = await ProjectionWorld.create(t)
  const log = new TestLog()
  log.add(...story)
  const runner = world.run(log, { projector: deviceSync })
  await world.untilPosition(story.length, 'device_sync')
  const rebuilt = await rebuildProjector(deviceSync, { database: world.database, log, signal: never })
  t.true(rebuilt.status === 'swapped' && rebuilt.tables.every(({ isEqual }) => isEqual))
  await runner.stop()
})

test('a revoked credential keeps what it was, in one batch as in two', async (t) => {
  const world = await ProjectionWorld.create(t)
  const subject = 'evt.device-credential.A'
  const credential = (n: number, type: string, data: object): RecordedEvent => ({
    sequence: n,
    subject,
    envelope: envelopeOf({ type, data }, { n, subject }),
  })
  const provisioned = {
    deviceId: 'A',
    mac: macOf('A'),
    apiKeyId: 'k1',
    issuedAt: '2026-03-01T12:00:00.000Z',
    expiresAt: '2028-03-01T12:00:00.000Z',
  }
  const events = [
    credential(1, 'device-credential.provisioned', provisioned),
    credential(2, 'device-credential.revoked', { deviceId: 'A', reason: 'sold' }),
  ]
  const whole = await hashesIn(world, deviceCredentials, [events])
  const { rows } = await world.pool.query(
    'select device_id, status, mac, api_key_id, reason, revoked_by from pharos.device_credentials',
  )
  t.deepEqual(rows, [
    { device_id: 'A', status: 'revoked', mac: macOf('A'), api_key_id: 'k1', reason: 'sold', revoked_by: 'alice' },
  ])
  t.deepEqual(
    await hashesIn(
      world,
      deviceCredentials,
      events.map((one) => [one]),
    ),
    whole,
  )
})

test('the read model lists requests, acknowledgements, manifests and who is silent, page by page', async (t) => {
  const world = await ProjectionWorld.create(t)
  const [syncs, credentials] = [await world.session(deviceSync), await world.session(deviceCredentials)]
  await applyBatch(syncs, story, deviceSync)
  const now = Date.now()
  const provisioned = (n: number, deviceId: string, hoursAgo: number): RecordedEvent => {
    const subject = `evt.device-credential.${deviceId}`
    const data = {
      deviceId,
      mac: macOf(deviceId),
      apiKeyId: `k${n}`,
      issuedAt: new Date(now - hoursAgo * 3_600_000).toISOString(),
      expiresAt: new Date(now + 3_600_000).toISOString(),
    }
    return {
      sequence: n,
      subject,
      envelope: envelopeOf({ type: 'device-credential.provisioned', data }, { n, subject }),
    }
  }
  const revoked = { type: 'device-credential.revoked', data: { deviceId: 'OLD' } }
  const subject = 'evt.device-credential.OLD'
  await applyBatch(
    credentials,
    [
      provisioned(1, 'A', 100),
      provisioned(2, 'NEW', 1),
      provisioned(3, 'NEVER', 50),
      provisioned(4, 'OLD', 100),
      { sequence: 5, subject, envelope: envelopeOf(revoked, { n: 5, subject }) },
    ],
    deviceCredentials,
  )
  await world.pool.query(`update pharos_device_sync_v2.sync_devices set last_good_at = now() - interval '30 hours'`)
  const model = new ReadModel(world.pool, new CheckpointWatch(world.pool))

  const { requests, nextCursor } = await model.listSyncRequests({ limit: 4 }, never)
  t.deepEqual(
    requests.map(({ id }) => id),
    [9, 8, 7, 4],
  )
  const rest = await model.listSyncRequests({ limit: 4, cursor: nextCursor ?? '' }, never)
  t.deepEqual([rest.requests.map(({ id }) => id), rest.nextCursor], [[2, 1], null])
  t.like(requests[0], { deviceId: 'A', manifestId: ulid(3), status: 'manifest', payloadSha256: hex(3), via: 'nats' })
  const mine = await model.listSyncRequests({ limit: 9, mac: macOf('BB'), status: 'manifest' }, never)
  t.is(mine.requests.length, 1)
  const { acknowledgements } = await model.listSyncAcknowledgements({ limit: 9, result: 'Success' }, never)
  t.like(acknowledgements, { length: 1, 0: { deviceCounts: { users: 1 }, durationMs: 1200, payloadSha256: hex(1) } })
  t.like(await model.getSyncManifest({ manifestId: ulid(1) }, never), {
    filter: 'locationId=sea',
    tables: [
      { name: 'areas', rowCount: 1, sha256: hex(1) },
      { name: 'users', rowCount: 3, sha256: hex(3) },
    ],
  })
  t.is(await model.getSyncManifest({ manifestId: ulid(9) }, never), undefined)

  const silent = async (silentHours: number) =>
    (await model.listSyncDevices({ limit: 9, silentHours }, never)).devices.map(({ deviceId }) => deviceId)
  t.deepEqual(await silent(24), ['A', 'NEVER'], 'neither the one that just came nor the one that left')
  t.deepEqual(await silent(40), ['NEVER'])
  const first = await model.listSyncDevices({ limit: 2 }, never)
  const second = await model.listSyncDevices({ limit: 2, cursor: first.nextCursor ?? '' }, never)
  t.deepEqual(
    [...first.devices, ...second.devices].map(({ deviceId }) => deviceId),
    ['A', 'NEVER', 'NEW', 'OLD'],
  )
  await t.throwsAsync(model.listSyncRequests({ limit: 1, cursor: 'x' }, never), { instanceOf: RangeError })
})

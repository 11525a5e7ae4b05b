import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { jetstream } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import test from 'ava'
import type { Manifest } from '../../schemas/device-sync/manifest.ts'
import {
  type AckAnswer,
  fetchHeaders,
  MAX_FETCH_BYTES,
  syncAnswer,
  type SyncAnswer,
} from '../../schemas/device-sync/messages.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { readDeviceSyncEvent } from '../../schemas/events/read-device-sync-event.ts'
import { eventually } from '../support/infrastructure.ts'
import { type DeviceWorld, deviceWorld, macOf, rowsOf } from './device-world.ts'

const ask = async (device: NatsConnection, verb: string, id: string, body: object): Promise<Msg> =>
  device.request(`device.${id}.${verb}`, JSON.stringify(body), { timeout: 60_000 })
const sync = async (device: NatsConnection, id: string, body: object = {}): Promise<SyncAnswer> =>
  syncAnswer.parse((await ask(device, 'sync', id, { schemaVersion: 1, ...body })).json())
const ack = async (device: NatsConnection, id: string, manifestId: string, more: object = {}): Promise<AckAnswer> =>
  (await ask(device, 'ack', id, { ...ackOf(id, manifestId), ...more })).json()
const ackOf = (id: string, manifestId: string) => ({
  manifestId,
  mac: macOf(id),
  status: 'Success',
  localCounts: { users: 1 },
  localChecksums: {},
  durationMs: 12,
  error: null,
  completedAt: '2026-03-01T12:00:00.000Z',
})

async function evidence(world: DeviceWorld, subject: string) {
  const found: Envelope[] = []
  const consumer = await jetstream(world.connection).consumers.get('SYNC', { filter_subjects: [subject] })
  const { num_pending: pending } = await consumer.info()
  for (let i = 0; i < pending; i++) {
    const message = await consumer.next({ expires: 2_000 })
    if (message !== null) found.push(message.json())
  }
  return found.map(readDeviceSyncEvent)
}

async function device(world: DeviceWorld, id: string): Promise<NatsConnection> {
  const connection = await world.login(id, await world.provision(id))
  if (connection === undefined) throw new Error(`${id} is not let in`)
  return connection
}

let shared: Promise<DeviceWorld> | undefined
/** One for the tests of this file that need no other; each has devices of its own. */
const sharedWorld = (): Promise<DeviceWorld> => (shared ??= deviceWorld())

/** Piece by piece, as an agent does it. */
async function fetchWhole(from: NatsConnection, id: string, { manifestId, tables }: Manifest): Promise<Buffer> {
  const pieces: Buffer[] = []
  const sha256 = tables[0]?.chunks[0]?.sha256 ?? ''
  for (let offset = 0, total = 1; offset < total;) {
    const { headers, data } = await ask(from, 'fetch', id, { manifestId, sha256, offset, length: MAX_FETCH_BYTES })
    if (headers?.get(fetchHeaders.status) !== 'ok') throw new Error(headers?.get(fetchHeaders.status))
    total = Number(headers.get(fetchHeaders.totalBytes))
    pieces.push(Buffer.from(data))
    offset += data.length
  }
  return Buffer.concat(pieces)
}

test('a device is told what to be, fetches it, and says what became of it; all that is evidence', async (t) => {
  const world = await sharedWorld()
  const jetson = await device(world, 'jetson-1')
  t.like(await sync(jetson, 'jetson-1'), { status: 'refused', code: 'not_built' })
  const manifest = await world.publish('jetson-1', { users: rowsOf(20_000) })
  const answer = await sync(jetson, 'jetson-1')
  t.deepEqual(answer.status === 'manifest' ? answer.manifest : undefined, manifest)
  const stored = await fetchWhole(jetson, 'jetson-1', manifest)
  t.true(stored.length > MAX_FETCH_BYTES, 'several pieces')
  t.is(
    createHash('sha256').update(zstdDecompressSync(stored)).digest('hex'),
    manifest.tables[0]?.chunks[0]?.sha256 ?? '',
  )
  t.deepEqual(await ack(jetson, 'jetson-1', manifest.manifestId), { status: 'acknowledged' })
  t.deepEqual(await ack(jetson, 'jetson-1', manifest.manifestId), { status: 'acknowledged' }, 'the same again')
  t.like(await sync(jetson, 'jetson-1', { manifestId: manifest.manifestId }), {
    status: 'unchanged',
    manifestId: manifest.manifestId,
  })
  t.like(await sync(jetson, 'jetson-1', { manifestId: '01K9Z0000000000000000000M9' }), { status: 'manifest' })

  const requests = await evidence(world, 'sync.request.jetson-1')
  t.deepEqual(
    requests.map(({ data }) => ('status' in data ? [data.status, data.reason, data.manifest?.tables.length] : [])),
    [
      ['refused', 'not_built', undefined],
      ['manifest', null, 1],
      ['unchanged', null, 0],
      ['manifest', null, 1],
    ],
  )
  t.like(requests[1]?.data, { via: 'nats', mac: macOf('jetson-1'), manifest: { sha256: manifest.sha256 } })
  const acks = await evidence(world, 'sync.ack.jetson-1')
  t.is(acks.length, 1)
  t.like(acks[0]?.data, {
    result: 'Success',
    durationMs: 12,
    localCounts: { users: 1 },
    manifestId: manifest.manifestId,
  })
  t.deepEqual(world.faults, [])
})

test('a manifest that was replaced is superseded; what stands names what may be fetched', async (t) => {
  const world = await sharedWorld()
  const jetson = await device(world, 'jetson-2')
  const old = await world.publish('jetson-2', { users: rowsOf(10) })
  await fetchWhole(jetson, 'jetson-2', old)
  const next = await world.publish('jetson-2', { users: rowsOf(10) })
  await fetchWhole(jetson, 'jetson-2', next)
  const status = async (manifestId: string, sha256: string, offset = 0) =>
    (await ask(jetson, 'fetch', 'jetson-2', { manifestId, sha256, offset, length: 1 })).headers?.get(
      fetchHeaders.status,
    )
  const chunk = (of: Manifest): string => of.tables[0]?.chunks[0]?.sha256 ?? ''
  // A process trusts for a second what it has read: one that was asked before does not know of the newer one yet.
  await eventually(async () => (await status(old.manifestId, chunk(old))) === 'superseded')
  t.is(await status(next.manifestId, chunk(old)), 'not_named')
  t.is(await status(next.manifestId, chunk(next), 10_000_000), 'invalid')
  t.is(await status('no ulid', chunk(next)), 'invalid')
  t.like(await sync(jetson, 'jetson-2', { schemaVersion: 0 }), { status: 'refused', code: 'invalid' })

  const { lost } = { lost: await world.publish('jetson-2', { users: [] }) }
  const gone = { ...lost, tables: [{ ...lost.tables[0], chunks: [{ sha256: 'ab'.repeat(32), rows: 1, bytes: 1 }] }] }
  await jetstream(world.connection).publish('device.jetson-2.manifest', JSON.stringify([gone]))
  await eventually(async () => (await status(lost.manifestId, 'ab'.repeat(32))) === 'gone')
  // What a device has loaded while a newer one took its place is its own all the same.
  await sync(jetson, 'jetson-2').catch(() => undefined)
  t.like(
    await ack(jetson, 'jetson-2', next.manifestId),
    { status: 'refused', code: 'foreign_manifest' },
    'never handed out',
  )
})

test('what was handed out may be acknowledged however much later, at any process', async (t) => {
  const world = await sharedWorld()
  const jetson = await device(world, 'jetson-3')
  const first = await world.publish('jetson-3', { users: rowsOf(1) })
  await sync(jetson, 'jetson-3')
  await world.publish('jetson-3', { users: rowsOf(2) })
  await sync(jetson, 'jetson-3')
  // A process that remembers nothing looks into the evidence: ask until that one has answered, too.
  const stop = await world.startService()
  for (let i = 0; i < 6; i++)
    t.like(await ack(jetson, 'jetson-3', first.manifestId, { durationMs: i }), { status: 'acknowledged' })
  await stop()
  t.is((await evidence(world, 'sync.ack.jetson-3')).length, 6)
})

test('a device that is told of news wakes, and no other', async (t) => {
  const world = await sharedWorld()
  const [a, b] = [await device(world, 'A4'), await device(world, 'B4')]
  const woken: string[] = []
  a.subscribe('device.A4.wake', { callback: () => void woken.push('A4') })
  b.subscribe('device.B4.wake', { callback: () => void woken.push('B4') })
  await Promise.all([a.flush(), b.flush()])
  for (let i = 0; i < 5; i++) await world.publish('A4', { users: [] })
  await eventually(() => woken.length > 0)
  await world.publish('B4', { users: [] })
  await eventually(() => woken.includes('B4'))
  t.true(woken.slice(0, -1).every((id) => id === 'A4') && woken.at(-1) === 'B4')
})

test('a device that asks too often is told to come later, and no other is', async (t) => {
  let at = Date.now()
  const world = await deviceWorld({ now: () => at, allowances: { sync: { burst: 2, perSecond: 1 } } })
  const [a, b] = [await device(world, 'A'), await device(world, 'B')]
  for (let i = 0; i < 2; i++) t.like(await sync(a, 'A'), { code: 'not_built' })
  t.like(await sync(a, 'A'), { status: 'refused', code: 'busy' })
  t.like(await sync(b, 'B'), { code: 'not_built' })
  at += 1_000
  t.like(await sync(a, 'A'), { code: 'not_built' })
  t.is((await evidence(world, 'sync.request.A')).length, 3, 'what is turned away is no evidence')
})

test('a failed load is told with its reason; the answer never needs more than the device knows', async (t) => {
  const world = await sharedWorld()
  const jetson = await device(world, 'jetson-6')
  const { manifestId } = await world.publish('jetson-6', { users: rowsOf(1) })
  const failed = { status: 'Failed', error: 'disk full', mac: macOf('jetson-6').toUpperCase().replaceAll(':', '-') }
  t.like(await ack(jetson, 'jetson-6', manifestId, failed), { status: 'acknowledged' })
  t.like(await ack(jetson, 'jetson-6', manifestId, { mac: macOf('other') }), { status: 'refused', code: 'other_mac' })
  const tables = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`t${n}`, 1]))
  for (const wrong of [{ durationMs: -1 }, { completedAt: '0000-01-01T00:00:00.000Z' }, { localCounts: tables }])
    t.like(await ack(jetson, 'jetson-6', manifestId, wrong), { status: 'refused', code: 'invalid' })
  t.like((await evidence(world, 'sync.ack.jetson-6'))[0]?.data, { result: 'Failed', error: 'disk full' })
  t.like(world.refused, [{ command: 'device-sync.ack', actor: 'device:jetson-6', code: 'other_mac' }])
})

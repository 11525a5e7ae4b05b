import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { jetstream } from '@nats-io/jetstream'
import test, { type ExecutionContext } from 'ava'
import { ulid } from 'ulid'
import { createHttpServer } from '../../gateways/http/create-http-server.ts'
import { deviceJwt } from '../../infra/nats/device-issuer.ts'
import { newNkey } from '../../infra/nats/nkey.ts'
import { canonicalLine } from '../../schemas/device-sync/rows.ts'
import { deviceSyncAnswer } from '../../schemas/http/device-sync.ts'
import { provisionedDevice } from '../../schemas/http/device-credentials.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { Authenticator } from '../../gateways/authentication/authenticator.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { secretTokenKey } from '../../gateways/authentication/token-key.ts'
import type { Role } from '../../schemas/actor.ts'
import { eventually } from '../support/infrastructure.ts'
import { type DeviceWorld, deviceWorld, macOf } from './device-world.ts'
import { gatewayFixture } from './gateway-fixture.ts'

const SECRET = secretKeyBytes('a secret of the tests of device sync')
const CLAIMS = { issuer: 'pharos', audience: 'pharos' }
const EXPIRES = new Date(Date.now() + 86_400_000).toISOString()
let shared: Promise<DeviceWorld> | undefined

/** The REST gateway over a real log, real streams and a real bucket. */
async function serve(t: ExecutionContext, { stallMs }: { stallMs?: number } = {}) {
  const world = await (shared ??= deviceWorld())
  const fixture = gatewayFixture()
  const authenticator = new Authenticator({
    tokenKey: secretTokenKey(SECRET),
    ...CLAIMS,
    secrets: fixture.apiKeySecrets,
    readAggregate: (subject) => world.store.readAggregate(subject),
    now: Date.now,
  })
  const app = await createHttpServer({
    ...fixture,
    bus: world.bus,
    authenticator,
    devices: {
      ports: world.ports,
      payloads: world.payloads,
      book: world.book,
      ...(stallMs === undefined ? {} : { stallMs }),
      enrolment: {
        natsUrl: 'tls://nats.example:4222',
        rootKey: async () => world.keyring.rootKey,
        mintJwt: (device) => deviceJwt(world.issuer, device),
      },
    },
    readiness: async () => ({ ready: true, checks: {}, degraded: [] }),
    newId: () => ulid(),
    version: '1.2.3',
    limits: { requestsPerMinute: 1000, streamsPerCredential: 2, streams: 3, beatMs: 1000 },
    openDocs: false,
  })
  t.teardown(() => app.close())
  const send = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    headers: Record<string, string>,
    payload?: object,
  ) => app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  const bearer = async (role: Role) => ({
    authorization: `Bearer ${await issueToken(SECRET, { sub: 'ann', roles: [role], ttlSeconds: 60, at: Date.now(), ...CLAIMS })}`,
  })
  return {
    world,
    app,
    send,
    bearer,
    async provision(id: string, publicKey?: string) {
      if (world.book.find(id) === undefined) await world.register(id)
      const body = { expiresAt: EXPIRES, ...(publicKey === undefined ? {} : { publicKey }) }
      const answer = await send('PUT', `/api/fleet/devices/${id}/credential`, await bearer('admin'), body)
      t.is(answer.statusCode, 201, answer.body)
      const provisioned = provisionedDevice.parse(answer.json())
      await eventually(() => world.book.ofApiKey(provisioned.apiKeyId) !== undefined)
      return provisioned
    },
  }
}

const users = [
  ['ann', 'a "quoted"\nname', null],
  ['bob', '😀', 'x'],
].map((row) => canonicalLine(row))

test.serial(
  'an administrator provisions a device: an identity, a credential for NATS, and a key for HTTP',
  async (t) => {
    const { world, provision } = await serve(t)
    const key = newNkey('user')
    const { identity, natsJwt = '', apiKey, apiKeyId } = await provision('P', key.publicKey)
    t.deepEqual<object, object>(identity, {
      deviceId: 'P',
      mac: macOf('P'),
      natsUrl: 'tls://nats.example:4222',
      rootKey: world.keyring.rootKey,
    })
    t.regex(apiKey, /^phk_/)
    t.truthy(await world.login('P', { key, jwt: natsJwt }))
    const log = await jetstream(world.connection).consumers.get('EVENTS')
    const { num_pending: pending } = await log.info()
    let text = ''
    for (let i = 0; i < pending; i++) text += (await log.next({ expires: 1000 }))?.string() ?? ''
    t.true(text.includes(key.publicKey) && text.includes(apiKeyId))
    for (const secret of [key.seed, natsJwt, apiKey, apiKey.split('_').at(-1) ?? ''])
      t.false(text.includes(secret), 'no secret is in the log')
  },
)

test.serial('provisioning is for administrators, of ids and keys that can be', async (t) => {
  const { send, bearer, provision } = await serve(t)
  const body = { expiresAt: EXPIRES }
  const url = '/api/fleet/devices/Q/credential'
  for (const role of ['operator', 'viewer', 'device', 'service'] as const)
    t.is((await send('PUT', url, await bearer(role), body)).statusCode, 403, role)
  const admin = await bearer('admin')
  t.is((await send('PUT', '/api/fleet/devices/*/credential', admin, body)).statusCode, 404)
  t.is((await send('PUT', url, admin, body)).json().code, 'device_not_found')
  await (await shared)?.register('Q')
  t.is((await send('PUT', url, admin, { ...body, publicKey: 'U123' })).statusCode, 400)
  t.is((await send('PUT', url, admin, { ...body, expiresAt: '2020-01-01T00:00:00Z' })).statusCode, 422)
  const { publicKey } = newNkey('user')
  await provision('Q', publicKey)
  t.like((await send('PUT', url, admin, { ...body, publicKey })).json(), { status: 409, code: 'public_key_taken' })
  t.is((await send('DELETE', url, await bearer('operator'))).statusCode, 403)
  t.is((await send('DELETE', '/api/fleet/devices/nobody/credential', admin)).statusCode, 404)
})

test.serial('a device without NATS gets everything in one document, and says what became of it', async (t) => {
  const { world, send, provision } = await serve(t)
  const key = { 'x-api-key': (await provision('H')).apiKey }
  const body = { mac: macOf('H').toUpperCase() }
  t.like((await send('POST', '/api/device-sync/request', key, body)).json(), { status: 409, code: 'not_built' })
  const manifest = await world.publish('H', { companies: [], users })
  const answer = await send('POST', '/api/device-sync/request', key, body)
  t.is(answer.statusCode, 200)
  const document = deviceSyncAnswer.parse(answer.json())
  if (document.status !== 'manifest') return t.fail()
  const { expiresAt, ...told } = document.manifest
  t.deepEqual(told, manifest)
  t.true(Date.parse(expiresAt) > Date.now())
  t.deepEqual(Object.keys(document.payload), ['companies', 'users'])
  const lines = (document.payload['users'] ?? []).map((row) => canonicalLine(row)).join('')
  t.is(createHash('sha256').update(lines).digest('hex'), manifest.tables[1]?.sha256 ?? '')

  for (const [encoding, unpack] of [
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const) {
    const packed = await send('POST', '/api/device-sync/request', { ...key, 'accept-encoding': encoding }, body)
    t.is(packed.headers['content-encoding'], encoding)
    t.like(JSON.parse(unpack(packed.rawPayload).toString()), { manifest: { manifestId: manifest.manifestId } })
  }
  const ndjson = await send('POST', '/api/device-sync/request', { ...key, accept: 'application/x-ndjson' }, body)
  t.regex(String(ndjson.headers['content-type']), /ndjson/)
  const [head, ...rest] = ndjson.body.split('\n')
  t.like(JSON.parse(head ?? ''), {
    status: 'manifest',
    manifest: {
      manifestId: manifest.manifestId,
      expiresAt: /Z$/.exec('Z') ? JSON.parse(head ?? '').manifest.expiresAt : '',
    },
  })
  t.is(rest.join('\n'), `{"table":"companies","rowCount":0}\n{"table":"users","rowCount":2}\n${users.join('')}`)
  t.like((await send('POST', '/api/device-sync/request', key, { ...body, manifestId: manifest.manifestId })).json(), {
    status: 'unchanged',
  })

  const ack = {
    manifestId: manifest.manifestId,
    mac: macOf('H'),
    status: 'Success',
    durationMs: 12_345,
    error: null,
    localCounts: { users: 2 },
    localChecksums: { users: manifest.tables[1]?.sha256 },
  }
  for (let i = 0; i < 2; i++) {
    const kept = await send('POST', '/api/device-sync/ack', key, ack)
    t.is(kept.statusCode, 200)
    t.deepEqual(kept.json(), { status: 'acknowledged' })
  }
})

test.serial('a device asks and acknowledges for itself only; a MAC is a name, not a proof', async (t) => {
  const { world, send, provision, bearer } = await serve(t)
  const [a, b] = [await provision('I'), await provision('J')]
  const manifests = { a: await world.publish('I', { users }), b: await world.publish('J', { users: [] }) }
  const key = { 'x-api-key': a.apiKey }
  const ack = { status: 'Success', durationMs: 1, error: null, localCounts: {}, localChecksums: {} }
  const before = (await world.manager.streams.info('SYNC')).state.messages
  world.refused.length = 0
  const forbidden = async (what: string, url: string, headers: Record<string, string>, body: object) => {
    const answer = await send('POST', `/api/device-sync/${url}`, headers, body)
    t.is(answer.statusCode, 403, what)
    return answer.json().code
  }
  t.is(await forbidden("B's data", 'request', key, { mac: macOf('J') }), 'other_mac')
  t.is(
    await forbidden("B's ack", 'ack', key, { ...ack, mac: macOf('J'), manifestId: manifests.b.manifestId }),
    'other_mac',
  )
  const foreign = { ...ack, mac: macOf('I'), manifestId: manifests.b.manifestId }
  t.is(await forbidden("an ack of B's manifest", 'ack', key, foreign), 'foreign_manifest')
  for (const role of ['admin', 'device'] as const)
    t.is(await forbidden(`a token, role ${role}`, 'request', await bearer(role), { mac: macOf('I') }), 'not_a_device')
  t.is((await send('POST', '/api/device-sync/request', {}, { mac: macOf('I') })).statusCode, 401)
  t.is((await send('GET', '/api/aliases', key)).statusCode, 403, 'a device has no other rights')
  t.is((await world.manager.streams.info('SYNC')).state.messages, before, 'nothing of it is evidence')
  t.is(world.refused.length, 5, 'all of it is in the audit')
  t.deepEqual(new Set(world.refused.map(({ command }) => command)), new Set(['device-sync.request', 'device-sync.ack']))

  const again = await provision('I')
  t.is(
    await forbidden('a key that was replaced', 'request', key, { mac: macOf('I') }).catch(() => '401'),
    'not_a_device',
  )
  const url = '/api/fleet/devices/I/credential?reason=sold'
  t.is((await send('DELETE', url, await bearer('admin'))).statusCode, 200)
  await eventually(() => world.book.ofApiKey(again.apiKeyId) === undefined)
  const last = await send('POST', '/api/device-sync/request', { 'x-api-key': again.apiKey }, { mac: macOf('I') })
  t.true([401, 403].includes(last.statusCode))
  t.truthy(b)
})

test.serial(
  'an object that is not what its name says breaks the answer off, rather than being passed on',
  async (t) => {
    const { world, send, provision } = await serve(t)
    const key = { 'x-api-key': (await provision('K')).apiKey }
    const manifest = await world.publish('K', { users })
    const [table] = manifest.tables
    const broken = { ...manifest, tables: [{ ...table, chunks: [{ sha256: 'cd'.repeat(32), rows: 1, bytes: 10 }] }] }
    await jetstream(world.connection).publish('device.K.manifest', JSON.stringify([broken]))
    await t.throwsAsync(send('POST', '/api/device-sync/request', key, { mac: macOf('K') }))
  },
)

test.serial('a device that stops reading, or asks again, keeps its place no longer', async (t) => {
  t.timeout(90_000)
  const { world, app, provision } = await serve(t, { stallMs: 1_000 })
  const keys = [await provision('L'), await provision('M')].map(({ apiKey }) => apiKey)
  // More than the buffers of both ends take.
  const rows = Array.from({ length: 1200 }, (_, n) => canonicalLine([`u${n}`, randomBytes(6_000).toString('base64')]))
  for (const id of ['L', 'M']) await world.publish(id, { users: rows })
  const { port, hostname } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const begin = async (key = '', mac: string) => {
    const body = JSON.stringify({ mac })
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    const head = `POST /api/device-sync/request HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json`
    socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await once(socket, 'readable')
    return socket
  }
  const open = () =>
    new Promise<number>((resolve, reject) =>
      app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    )
  await begin(keys[0], macOf('L'))
  t.is(await open(), 1)
  await eventually(async () => (await open()) === 0, { timeoutMs: 30_000, what: 'who takes nothing is let go' })

  // Whoever reads, however slowly, is not: the first is ended by the second alone.
  const slow = await begin(keys[1], macOf('M'))
  const ended = once(slow, 'close')
  const reading = setInterval(() => slow.read(16 * 1024), 100)
  t.teardown(() => clearInterval(reading))
  const [from, began] = [slow.bytesRead, performance.now()]
  await eventually(() => slow.bytesRead > from + 400_000 && performance.now() > began + 2_000, { timeoutMs: 60_000 })
  const whole = await fetch(`http://${hostname}:${port}/api/device-sync/request`, {
    method: 'POST',
    headers: { 'x-api-key': keys[1] ?? '', 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ mac: macOf('M') }),
  })
  t.is(deviceSyncAnswer.parse(await whole.json()).status, 'manifest')
  clearInterval(reading)
  slow.resume()
  await ended
  t.true(slow.closed)
})

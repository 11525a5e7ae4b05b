import type { NatsConnection } from '@nats-io/transport-node'
import test from 'ava'
import { revocationsDue } from '../../gateways/devices/revocations-due.ts'
import { accountJwt } from '../../infra/nats/account-claims.ts'
import { keepAccounts } from '../../infra/nats/keep-accounts.ts'
import { decodeNatsJwt } from '../../infra/nats/nats-jwt.ts'
import { newNkey } from '../../infra/nats/nkey.ts'
import { deviceId } from '../../schemas/device-sync/manifest.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'
import { eventually } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import { type DeviceWorld, deviceWorld } from './device-world.ts'

let shared: Promise<DeviceWorld> | undefined
const sharedWorld = (): Promise<DeviceWorld> => (shared ??= deviceWorld())
const isOut = (connection: NatsConnection) => eventually(() => connection.isClosed(), { timeoutMs: 60_000 })

async function enter(world: DeviceWorld, id: string) {
  const creds = await world.provision(id)
  const connection = await world.login(id, creds)
  if (connection === undefined) throw new Error(`${id} is not let in`)
  return { creds, connection }
}

async function revocations({ resolver, authority }: DeviceWorld): Promise<Record<string, number>> {
  const jwt = await resolver.lookup(authority.devices)
  return (decodeNatsJwt(jwt ?? '').nats['revocations'] ?? {}) as Record<string, number>
}

test.serial('a revoked device is out at once, without a restart, and stays out; others stay in', async (t) => {
  const world = await sharedWorld()
  const [a, b] = [await enter(world, 'A'), await enter(world, 'B')]
  const began = performance.now()
  t.true(isDone(await world.command('device-credential.revoke', { deviceId: 'A', reason: 'stolen' })))
  await isOut(a.connection)
  t.log(`out after ${Math.round(performance.now() - began)} ms`)
  t.is(await world.login('A', a.creds), undefined)
  t.false(b.connection.isClosed())
  t.is((await b.connection.request('device.B.sync', '{"schemaVersion":1}', { timeout: 60_000 })).data.length > 0, true)
})

test.serial('provisioned anew, a device comes in with its new key and never again with the old one', async (t) => {
  const world = await sharedWorld()
  const old = await enter(world, 'C')
  const next = await enter(world, 'C')
  const told = await old.connection.request('device.C.sync', '{"schemaVersion":1}').catch(() => undefined)
  if (told !== undefined) t.like(told.json(), { status: 'refused' }, 'for as long as it is still in')
  await isOut(old.connection)
  t.is(await world.login('C', old.creds), undefined)
  t.false(next.connection.isClosed())
  t.truthy(await world.login('C', next.creds))
})

test.serial('a decommissioned device loses its credential, and its API key', async (t) => {
  const world = await sharedWorld()
  const { connection, creds } = await enter(world, 'D')
  const known = world.book.of(deviceId.parse('D'))
  const apiKeyId = known?.status === 'active' ? known.apiKeyId : ''
  await world.command('access.issue-api-key', {
    apiKeyId,
    label: 'device D',
    digest: 'ab'.repeat(32),
    roles: ['device'],
    expiresAt: null,
  })
  t.true(isDone(await world.command('device.decommission', { deviceId: 'D' })))
  await isOut(connection)
  t.is(await world.login('D', creds), undefined)
  const events = await eventually(
    async () => {
      const read = await world.store.readAggregate(aggregateSubject('api-key', apiKeyId))
      return read.length === 2 ? read : undefined
    },
    { timeoutMs: 60_000 },
  )
  t.is(events[1]?.envelope.type, 'pharos.api-key.revoked.v1')
  t.is<string | undefined, string>(events[1]?.envelope.actor, 'pharos:device-credentials')
  const ended = await world.store.readAggregate(aggregateSubject('device-credential', 'D'))
  t.like(ended.at(-1)?.envelope.data, { deviceId: 'D', reason: 'the device was decommissioned' })
})

test.serial('what is revoked survives a server that is killed, and one that has forgotten', async (t) => {
  const world = await sharedWorld()
  const { connection, creds } = await enter(world, 'E')
  await world.command('device-credential.revoke', { deviceId: 'E' })
  await isOut(connection)
  await world.restart('SIGKILL')
  await eventually(() => world.resolver.lookup(world.authority.devices), { timeoutMs: 60_000 })
  t.is(await world.login('E', creds), undefined)
  // As a server that lost its accounts would have it: what the configuration says, without any revocation. The world's
  // own keeper, which found the server away, may be quicker to put it right than the device is to come in: then again.
  const told = await eventually(
    async () => {
      const { iat } = decodeNatsJwt((await world.resolver.lookup(world.authority.devices)) ?? '')
      await world.resolver.update(accountJwt(world.authority, 'DEVICES', iat + 1))
      const back = await world.login('E', creds)
      return back?.request('device.E.sync', '{"schemaVersion":1}', { timeout: 5_000 })
    },
    { what: 'a server without revocations lets the device in, and the platform answers it' },
  )
  t.like(told.json(), { status: 'refused', code: 'decommissioned' }, 'whom the server has forgotten the log has not')
  const due = revocationsDue(world.book.endedKeys(), Date.now())
  await keepAccounts(world.resolver, world.authority, due)
  t.is(await world.login('E', creds), undefined)
  t.deepEqual(await keepAccounts(world.resolver, world.authority, due), [], 'nothing is left to do')
})

test.serial('whoever revokes keeps what others have revoked, and forgets what is over', async (t) => {
  const { resolver, authority } = await sharedWorld()
  const [mine, theirs, over] = [newNkey('user'), newNkey('user'), newNkey('user')].map(
    ({ publicKey }) => publicKey,
  ) as [string, string, string]
  const keep = (keys: Record<string, number>, forget: (key: string) => boolean = () => false) =>
    keepAccounts(resolver, authority, { revocations: keys, forget, now: Date.now() })
  await Promise.all([keep({ [mine]: 5, [over]: 5 }), keep({ [theirs]: 7 })])
  // Of two at the same moment one may have to look again, as it does every while.
  await keep({ [mine]: 5, [over]: 5 })
  await keep({ [theirs]: 7 })
  t.like(await revocations({ resolver, authority } as DeviceWorld), { [mine]: 5, [theirs]: 7, [over]: 5 })
  await keep({ [mine]: 4 }, (key) => key === over)
  const standing = await revocations({ resolver, authority } as DeviceWorld)
  t.is(standing[mine], 5, 'the later word counts')
  t.false(over in standing)
})

test.serial('who let another key sign manifests stands in the log, once', async (t) => {
  const world = await sharedWorld()
  const note = (version: number, signs: string) =>
    world.command('signing-key.note-rotation', { version, signs, believed: [signs, 'first'] })
  t.like(await note(2, 'second'), { status: 'accepted' })
  t.like(await note(2, 'second'), { status: 'accepted', events: [] }, 'told again')
  t.like(await note(1, 'first'), { status: 'rejected', code: 'older_rotation' })
  const [event, ...more] = await world.store.readAggregate(aggregateSubject('signing-key', 'manifests'))
  t.like(event?.envelope, { type: 'pharos.signing-key.rotated.v1', actor: 'ann' as never })
  t.deepEqual(event?.envelope.data, { version: 2, signs: 'second', believed: ['second', 'first'] })
  t.deepEqual(more, [])
})

test.serial('an account of an older version is brought up to date', async (t) => {
  const { resolver, authority } = await sharedWorld()
  const now = Date.now()
  const before = await revocations({ resolver, authority } as DeviceWorld)
  const { iat } = decodeNatsJwt((await resolver.lookup(authority.app.publicKey)) ?? '')
  const other = { ...authority, deviceRole: newNkey('account').publicKey }
  await resolver.update(accountJwt(other, 'DEVICES', Math.floor(now / 1000) + 60, before))
  t.deepEqual(await keepAccounts(resolver, authority, { revocations: {}, forget: () => false, now }), ['DEVICES'])
  t.deepEqual(await revocations({ resolver, authority } as DeviceWorld), before)
  t.is(decodeNatsJwt((await resolver.lookup(authority.app.publicKey)) ?? '').iat, iat, 'APP was as it should be')
})

test('a revocation reaches back to the second in which the credential was issued, and ends with it', (t) => {
  const key = { publicKey: 'U', endedAt: 1_000_400, expiresAt: 2_000_000 }
  t.deepEqual(revocationsDue([key], 1_500_000).revocations, { U: 1001 })
  t.false(revocationsDue([key], 2_000_000).forget('U'), 'a server may be behind')
  const later = revocationsDue([key], 2_000_000 + 86_400_001)
  t.deepEqual(later.revocations, {})
  t.true(later.forget('U'))
  t.false(later.forget('X'))
})

import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import test, { type ExecutionContext } from 'ava'
import type { DeviceId, Manifest } from '../../schemas/device-sync/manifest.ts'
import { fetchHeaders, syncAnswer, WAKE } from '../../schemas/device-sync/messages.ts'
import { encodeNatsJwt } from '../../infra/nats/nats-jwt.ts'
import { newNkey } from '../../infra/nats/nkey.ts'
import { eventually } from '../support/infrastructure.ts'
import { type DeviceWorld, deviceWorld, macOf, mint, rowsOf } from './device-world.ts'

/*
 * Device A tries to break in as device B, by every way that there is. After each try: nothing of B's, and nothing of the
 * platform's, was stored or read.
 */

interface Break {
  readonly world: DeviceWorld
  readonly a: NatsConnection
  readonly b: NatsConnection
  readonly manifests: { readonly a: Manifest; b: Manifest }
  /** What the server refused of A's, as the client is told. */
  readonly violations: string[]
  /** What came to A. */
  readonly heard: string[]
  /** What woke B. */
  readonly strayed: string[]
}

let shared: Promise<Break> | undefined

/** One room for all tests of this file, each of which begins where the others left it. */
function breakIn(): Promise<Break> {
  return (shared ??= furnish())
}

async function furnish(): Promise<Break> {
  const world = await deviceWorld({
    allowances: { sync: { burst: 1e6, perSecond: 1e6 }, ack: { burst: 1e6, perSecond: 1e6 } },
  })
  const [credsA, credsB] = [await world.provision('A'), await world.provision('B')]
  const [a, b] = [await world.login('A', credsA), await world.login('B', credsB)]
  if (a === undefined || b === undefined) throw new Error('the devices are not let in')
  await (await new Kvm(world.connection).create('cfg')).put('k', 'secret')
  await new Objm(world.connection).create('blobs')
  const violations: string[] = []
  const heard: string[] = []
  const strayed: string[] = []
  void (async () => {
    for await (const status of a.status()) if (status.type === 'error') violations.push(status.error.message)
  })()
  b.subscribe('device.B.wake', {
    callback: (error, message) => void (error === null && message.string() === WAKE && strayed.push(message.subject)),
  })
  await b.flush()
  const manifests = {
    a: await world.publish('A', { users: rowsOf(1) }),
    b: await world.publish('B', { users: rowsOf(1) }),
  }
  await eventually(() => strayed.length > 0, { what: 'B is woken by its manifest' })
  strayed.length = 0
  return { world, a, b, manifests, violations, heard, strayed }
}

/** All that B has, and all that the platform has, but what A may add to under its own name. */
async function standing({ world, strayed }: Break): Promise<string> {
  const names: string[] = []
  for await (const { config } of world.manager.streams.list()) names.push(config.name)
  const streams = await Promise.all(
    names.toSorted().map(async (name) => {
      const { state, config } = await world.manager.streams.info(name, { subjects_filter: '>' })
      const others = Object.entries(state.subjects ?? {}).filter(
        ([subject]) => !/^(telemetry|sync\.\w+)\.A\b/.test(subject),
      )
      return [name, config.subjects, state.consumer_count, others.toSorted(([one], [other]) => (one < other ? -1 : 1))]
    }),
  )
  return JSON.stringify([streams, strayed])
}

/** `refused`: the server said no to each; else it may let it through, where it does no harm. */
async function attempt(
  t: ExecutionContext,
  room: Break,
  what: string,
  tries: readonly (() => unknown)[],
  { refused = true } = {},
): Promise<void> {
  const before = await standing(room)
  room.violations.length = 0
  for (const one of tries) await one()
  await room.a.flush()
  await room.world.connection.flush()
  const refusals = (): number => room.violations.filter((text) => /permissions violation/i.test(text)).length
  if (refused) await eventually(() => refusals() >= tries.length, { what: `${what} is refused` })
  // What goes wrong must have had the time to.
  await sleep(60)
  t.is(await standing(room), before, what)
  if (refused) {
    const said = refusals()
    t.is(said, tries.length, `${what}: refused ${said} of ${tries.length}`)
  }
}

const requests = ({ a }: Break, subjects: readonly string[], body: string | Uint8Array = '{"batch":1}') =>
  subjects.map((subject) => () => a.request(subject, body, { timeout: 200 }).catch(() => undefined))
const api = (room: Break, ...subjects: string[]) =>
  requests(
    room,
    subjects.map((subject) => `$JS.API.${subject}`),
  )

test.serial('what a device may do, it can', async (t) => {
  const { world, a, manifests } = await breakIn()
  const answer = syncAnswer.parse((await a.request('device.A.sync', '{"schemaVersion":1}', { timeout: 60_000 })).json())
  t.is(answer.status === 'manifest' ? answer.manifest.manifestId : '', manifests.a.manifestId)
  const { seq } = await jetstream(a).publish('telemetry.A.temperature', '20')
  t.like(await world.manager.streams.getMessage('TELEMETRY', { seq }), { subject: 'telemetry.A.temperature' })
})

test.serial("nothing of JetStream's is within reach: consumers, messages, KV, Object Store, $SYS", async (t) => {
  const room = await breakIn()
  await attempt(t, room, 'create a consumer', [
    ...api(room, 'CONSUMER.CREATE.MANIFESTS', 'CONSUMER.CREATE.MANIFESTS.x', 'CONSUMER.CREATE.MANIFESTS.x.device.B.>'),
    ...api(room, 'CONSUMER.DURABLE.CREATE.MANIFESTS.x', 'CONSUMER.MSG.NEXT.MANIFESTS.x', 'CONSUMER.LIST.MANIFESTS'),
  ])
  await attempt(
    t,
    room,
    'read messages',
    ['MANIFESTS', 'SYNC', 'EVENTS', 'TELEMETRY'].flatMap((name) =>
      api(room, `DIRECT.GET.${name}`, `STREAM.MSG.GET.${name}`, `STREAM.INFO.${name}`, `STREAM.PURGE.${name}`),
    ),
  )
  await attempt(t, room, 'the newest manifest of B', api(room, 'DIRECT.GET.MANIFESTS.device.B.manifest'))
  await attempt(t, room, 'KV and Object Store', [
    ...requests(room, ['$KV.cfg.k', '$KV.keys.ann', '$O.blobs.M.eA', `$O.payloads.C.x`]),
    ...api(room, 'DIRECT.GET.KV_cfg.$KV.cfg.k', 'STREAM.INFO.OBJ_payloads', 'CONSUMER.CREATE.KV_cfg'),
  ])
  await attempt(
    t,
    room,
    '$SYS',
    requests(room, [
      '$SYS.REQ.SERVER.PING',
      '$SYS.REQ.USER.INFO',
      '$SYS.REQ.CLAIMS.LIST',
      '$SYS.REQ.CLAIMS.UPDATE',
      `$SYS.REQ.ACCOUNT.${room.world.authority.app.publicKey}.CONNZ`,
      `$SYS.REQ.ACCOUNT.${room.world.authority.devices}.CLAIMS.LOOKUP`,
    ]),
  )
  await attempt(
    t,
    room,
    'the platform',
    requests(room, ['cmd.alias.register', 'query.alias.list', 'evt.alias.x', '$SRV.PING']),
  )
})

test.serial("another device's subjects are closed: to publish, to ask, to listen", async (t) => {
  const room = await breakIn()
  const { a, manifests } = room
  const forged = JSON.stringify({
    manifestId: manifests.b.manifestId,
    mac: macOf('B'),
    status: 'Success',
    localCounts: {},
    localChecksums: {},
    durationMs: 1,
    error: null,
  })
  await attempt(
    t,
    room,
    'forged telemetry',
    requests(room, ['telemetry.B.temperature', 'telemetry.B.x.y', 'telemetry.B']),
  )
  await attempt(
    t,
    room,
    'forged manifest, sync, fetch',
    requests(room, ['device.B.manifest', 'device.B.sync', 'device.B.fetch']),
  )
  await attempt(t, room, 'forged ack', requests(room, ['device.B.ack', 'sync.ack.B', 'sync.request.B'], forged))
  await attempt(t, room, 'forged wake', requests(room, ['device.B.wake', 'device.A.wake', 'device.*.wake']))
  await attempt(t, room, 'wildcards', requests(room, ['device.*.sync', 'device.>', 'telemetry.>', 'telemetry.*.x']))
  await attempt(
    t,
    room,
    'listen',
    ['>', '*', 'device.>', 'device.B.wake', 'device.*.wake', 'device.A.sync', 'telemetry.>', '_INBOX_B.>', '_INBOX_*.>']
      .concat(['_INBOX.>', '_R_.>', '$JS.ACK.>', '$SYS.>', 'cmd.>'])
      .map(
        (subject) => () =>
          a.subscribe(subject, {
            callback: (error, message) => void (error === null && room.heard.push(message.subject)),
          }),
      ),
  )
  // What B is told now, A would have to hear.
  room.manifests.b = await room.world.publish('B', { users: rowsOf(1) })
  await eventually(() => room.strayed.length > 0)
  room.strayed.length = 0
  t.deepEqual(room.heard, [])
})

test.serial('an answer cannot be made to land on a subject of somebody else', async (t) => {
  const room = await breakIn()
  const { a, b, manifests } = room
  const own = ['telemetry.A.temperature', 'device.A.sync', 'device.A.fetch', 'device.A.ack']
  const elsewhere = ['device.B.manifest', 'device.B.sync', 'device.B.ack', 'device.B.fetch', 'device.B.wake']
    .concat(['telemetry.B.temperature', '$KV.cfg.k', '$O.payloads.M.x', 'sync.ack.B', 'evt.device.B', '_INBOX_B.x.y'])
    .concat(['$JS.API.STREAM.PURGE.MANIFESTS', '$SYS.REQ.CLAIMS.UPDATE', 'cmd.alias.register'])
  for (const reply of elsewhere)
    await attempt(
      t,
      room,
      `reply ${reply}`,
      own.map((subject) => () => a.publish(subject, '{"schemaVersion":1}', { reply })),
      { refused: false },
    )
  // Within their account an answer of A's may come to B: not as one of B's own, whose inboxes nobody can guess.
  const inboxes = Array.from({ length: 200 }, (_, i) => `_INBOX_B.${'A'.repeat(22)}.${i}`)
  for (const reply of inboxes) a.publish('device.A.sync', '{"schemaVersion":1}', { reply })
  const answer = syncAnswer.parse((await b.request('device.B.sync', '{"schemaVersion":1}', { timeout: 60_000 })).json())
  t.is(answer.status === 'manifest' ? answer.manifest.manifestId : '', manifests.b.manifestId)
  const traced = (name: string, value: string): MsgHdrs => {
    const set = headers()
    set.set(name, value)
    return set
  }
  await attempt(
    t,
    room,
    'trace headers',
    own.map((subject) => () => a.publish(subject, '{}', { headers: traced('Nats-Trace-Dest', 'device.B.ack') })),
    { refused: false },
  )
})

test.serial('a forged word about who asks is replaced by the truth', async (t) => {
  const { a, world } = await breakIn()
  const forged = headers()
  const lie = { acc: world.authority.devices, name_tag: 'B' }
  for (const name of ['Nats-Request-Info', 'nats-request-info']) forged.append(name, JSON.stringify(lie))
  const answer = await a.request('device.A.sync', '{"schemaVersion":1}', { headers: forged, timeout: 60_000 })
  const read = syncAnswer.parse(answer.json())
  t.is(read.status === 'manifest' ? read.manifest.deviceId : '', 'A')
})

test.serial(
  'a payload that its own manifest does not name is not handed out, nor is an ack of another taken',
  async (t) => {
    const { a, world, manifests } = await breakIn()
    world.refused.length = 0
    const chunk = manifests.b.tables[0]?.chunks[0]?.sha256
    for (const manifestId of [manifests.a.manifestId, manifests.b.manifestId]) {
      const body = JSON.stringify({ manifestId, sha256: chunk, offset: 0, length: 100 })
      const answer = await a.request('device.A.fetch', body, { timeout: 60_000 })
      t.is(answer.data.length, 0)
      t.regex(answer.headers?.get(fetchHeaders.status) ?? '', /^(not_named|superseded)$/)
    }
    const ack = { status: 'Success', localCounts: {}, localChecksums: {}, durationMs: 1, error: null }
    const send = async (mac: string, manifestId: string): Promise<unknown> =>
      (await a.request('device.A.ack', JSON.stringify({ ...ack, mac, manifestId }), { timeout: 60_000 })).json()
    t.like(await send(macOf('A'), manifests.b.manifestId), { status: 'refused', code: 'foreign_manifest' })
    t.like(await send(macOf('B'), manifests.a.manifestId), { status: 'refused', code: 'other_mac' })
    const { state } = await world.manager.streams.info('SYNC', { subjects_filter: 'sync.ack.>' })
    t.deepEqual(state.subjects ?? {}, {})
    t.deepEqual(world.refused.map(({ code }) => code).toSorted(), ['foreign_manifest', 'not_named', 'other_mac'])
  },
)

test.serial('a device named "*" cannot be minted; one minted all the same is met by the second wall', async (t) => {
  const room = await breakIn()
  const { world, manifests } = room
  for (const name of ['*', '>', 'A.B', 'A B', '', '{{name()}}'])
    t.throws(() => mint(world.issuer, name as DeviceId, newNkey('user')), undefined, name)
  const key = newNkey('user')
  const now = Math.floor(Date.now() / 1000)
  const jwt = encodeNatsJwt(world.issuer.role, key.publicKey, {
    name: '*',
    issuedAt: now,
    expiresAt: now + 600,
    nats: { type: 'user', issuer_account: world.authority.devices },
  })
  const star = await world.login('star', { key, jwt })
  if (star === undefined) return t.pass('the server does not let it in at all')
  world.refused.length = 0
  const before = await standing(room)
  const body = JSON.stringify({ schemaVersion: 1, manifestId: manifests.b.manifestId })
  for (const verb of ['sync', 'fetch', 'ack']) star.publish(`device.B.${verb}`, body)
  await star.flush()
  await eventually(() => world.refused.filter(({ code }) => code === 'impostor').length === 3)
  t.is(await standing(room), before)
  t.true(world.refused.every(({ actor }) => actor === 'device:*'))
})

test.serial('a user of account DEVICES without any limits still finds nothing of the platform there', async (t) => {
  const { world } = await breakIn()
  const key = newNkey('user')
  // The account's own key could make one; it is in no process, and here stands for a key that was lost.
  const jwt = encodeNatsJwt(world.issuer.role, key.publicKey, {
    name: 'A',
    issuedAt: Math.floor(Date.now() / 1000),
    nats: {
      type: 'user',
      issuer_account: world.authority.devices,
      pub: { allow: ['>'] },
      sub: { allow: ['>'] },
      subs: -1,
    },
  })
  t.is(await world.login('rogue', { key, jwt }), undefined, 'a scoped key signs no rights of its own')
})

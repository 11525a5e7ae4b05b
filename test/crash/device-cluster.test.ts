import type { NatsConnection } from '@nats-io/transport-node'
import test from 'ava'
import { syncAnswer } from '../../schemas/device-sync/messages.ts'
import { type DeviceCreds, type DeviceWorld, deviceWorld, rowsOf } from '../gateways/device-world.ts'
import { eventually } from '../support/infrastructure.ts'
import { isDone } from '../support/is-done.ts'
import { NatsCluster } from './nats-cluster.ts'

/*
 * Devices at a cluster of three, where each node has its own copy of the accounts: what the platform says through one
 * node must hold at each of them.
 */

interface Room {
  readonly cluster: NatsCluster
  /** The platform: speaks to n2 only. */
  readonly world: DeviceWorld
}

let shared: Promise<Room> | undefined
const room = (): Promise<Room> => (shared ??= furnish())

async function furnish(): Promise<Room> {
  const cluster = await NatsCluster.start('operator')
  const world = await deviceWorld({
    servers: { url: cluster.urlOf('n2'), keysDir: cluster.keysDir },
    allowances: { sync: { burst: 1e6, perSecond: 1e6 } },
  })
  return { cluster, world }
}

/** As an administrator does it: again, while a stream has no leader, who alone would answer. */
const provisioned = ({ world }: Room, id: string): Promise<DeviceCreds> =>
  eventually(() => world.provision(id), { what: `${id} is provisioned` })

const published = ({ world }: Room, id: string): ReturnType<DeviceWorld['publish']> =>
  eventually(() => world.publish(id, { users: rowsOf(1) }), { what: `${id} has a manifest` })

async function enter({ cluster, world }: Room, id: string, node: string, creds: DeviceCreds): Promise<NatsConnection> {
  const connection = await world.login(id, creds, cluster.urlOf(node))
  if (connection === undefined) throw new Error(`${id} is not let in at ${node}`)
  return connection
}

async function nodesThatLetIn({ cluster, world }: Room, id: string, creds: DeviceCreds): Promise<readonly string[]> {
  const found: string[] = []
  for (const node of cluster.names) {
    const connection = await world.login(id, creds, cluster.urlOf(node))
    if (connection !== undefined) found.push(node)
    await connection?.close()
  }
  return found
}

test.serial(
  'revoked through one node, a device is out at another, and comes back at none, restarted or not',
  async (t) => {
    t.timeout(300_000)
    const here = await room()
    const { cluster, world } = here
    const [a, b] = [await provisioned(here, 'A'), await provisioned(here, 'B')]
    const [connection, other] = [await enter(here, 'A', 'n1', a), await enter(here, 'B', 'n1', b)]
    t.deepEqual(await nodesThatLetIn(here, 'A', a), ['n1', 'n2', 'n3'])
    const began = performance.now()
    t.true(isDone(await world.command('device-credential.revoke', { deviceId: 'A', reason: 'stolen' })))
    await eventually(() => connection.isClosed(), { timeoutMs: 60_000 })
    t.log(`out after ${Math.round(performance.now() - began)} ms`)
    t.deepEqual(await nodesThatLetIn(here, 'A', a), [])
    t.false(other.isClosed())
    for (const node of ['n1', 'n3']) {
      await cluster.kill(node)
      await cluster.restart(node)
      t.deepEqual(await nodesThatLetIn(here, 'A', a), [], `after ${node} was killed`)
      t.deepEqual(await nodesThatLetIn(here, 'B', b), cluster.names)
    }
  },
)

test.serial('a node that was away when a device got another key soon keeps the old one out too', async (t) => {
  t.timeout(300_000)
  const here = await room()
  const { cluster, world } = here
  const old = await provisioned(here, 'C')
  await cluster.kill('n3')
  const next = await provisioned(here, 'C')
  await eventually(async () => (await world.login('C', old, cluster.urlOf('n1'))) === undefined, { timeoutMs: 60_000 })
  await cluster.restart('n3')
  const began = performance.now()
  const connection = await world.login('C', old, cluster.urlOf('n3'))
  const told = await connection?.request('device.C.sync', '{"schemaVersion":1}').catch(() => undefined)
  if (told !== undefined) t.like(told.json(), { status: 'refused', code: 'decommissioned' }, 'it is told nothing')
  // It compares its accounts with the others' every second.
  await eventually(() => connection?.isClosed() ?? true, { timeoutMs: 60_000 })
  t.log(`out ${Math.round(performance.now() - began)} ms after the node was back`)
  t.deepEqual(await nodesThatLetIn(here, 'C', old), [])
  t.deepEqual(await nodesThatLetIn(here, 'C', next), cluster.names)
})

test.serial('at each node a device reaches what is its own, and nothing of another', async (t) => {
  t.timeout(300_000)
  const here = await room()
  const { cluster, world } = here
  const [creds, manifest] = [await provisioned(here, 'D'), await published(here, 'D')]
  await provisioned(here, 'E')
  await published(here, 'E')
  const before = await eventually(() => standing(world))
  for (const node of cluster.names) {
    const d = await enter(here, 'D', node, creds)
    const violations: string[] = []
    void (async () => {
      for await (const status of d.status()) if (status.type === 'error') violations.push(status.error.message)
    })()
    const answer = syncAnswer.parse(
      (await d.request('device.D.sync', '{"schemaVersion":1}', { timeout: 60_000 })).json(),
    )
    t.is(answer.status === 'manifest' ? answer.manifest.manifestId : '', manifest.manifestId, node)
    const closed = [
      ['device.E.sync', 'device.E.fetch', 'device.E.ack', 'device.E.manifest', 'device.E.wake', 'telemetry.E.x'],
      ['device.*.sync', 'sync.ack.E', 'cmd.alias.register', '$KV.keys.ann', '$SYS.REQ.CLAIMS.UPDATE'],
      ['$JS.API.STREAM.PURGE.MANIFESTS', '$JS.API.DIRECT.GET.MANIFESTS.device.E.manifest'],
    ].flat()
    for (const subject of closed) d.publish(subject, '{"schemaVersion":1}')
    const deaf = ['>', 'device.>', 'device.E.wake', 'telemetry.>', '_INBOX_E.>']
    for (const subject of deaf) d.subscribe(subject, { callback: () => undefined })
    // An answer that is to land on somebody else's subject.
    for (const reply of ['device.E.ack', 'telemetry.E.x', '$KV.keys.ann', 'evt.device.E', 'device.E.manifest'])
      for (const own of ['device.D.sync', 'telemetry.D.x']) d.publish(own, '{"schemaVersion":1}', { reply })
    await d.flush()
    await eventually(() => violations.length >= closed.length + deaf.length, { what: `${node} refuses all` })
    // Each of these was sent after what must have no effect, over the same way.
    await d.request('device.D.sync', '{"schemaVersion":1}', { timeout: 60_000 })
    t.deepEqual(await eventually(() => standing(world)), before, node)
    await d.close()
  }
})

/** All that is stored, but what D may add to under its own name. */
async function standing({ manager }: DeviceWorld): Promise<readonly unknown[]> {
  // Their names stand in the cluster's own log; a list of the streams with what is in them is put together by those that answer in time.
  const names = (await manager.streams.names().next()).toSorted()
  const infos = names.map(async (name) => {
    const { state } = await manager.streams.info(name, { subjects_filter: '>' })
    const others = Object.entries(state.subjects ?? {}).filter(
      ([subject]) => !/^(telemetry|sync\.\w+)\.D\b/.test(subject),
    )
    return [name, state.consumer_count, others.toSorted(([one], [other]) => (one < other ? -1 : 1))] as const
  })
  return Promise.all(infos)
}

import test, { type ExecutionContext } from 'ava'
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { EPOCH_KEY } from '../../infra/jetstream/epoch-key.ts'
import { streams, type StreamSpec } from '../../infra/streams.ts'
import { epoch } from '../../schemas/position.ts'
import { testNats } from '../support/infrastructure.ts'

const SECOND = 1_000_000_000
const spec: StreamSpec = {
  name: 'EVENTS',
  subjects: ['evt.>', 'other.>'],
  description: 'of this test',
  storage: 'file',
  retention: 'limits',
  discard: 'old',
  epoch: true,
}

async function open(t: ExecutionContext) {
  const connection = await (await testNats(t)).connect()
  const manager = await jetstreamManager(connection)
  return {
    connection,
    manager,
    apply: async (change: Partial<StreamConfig> = {}) => (await applyTopology(connection, [{ ...spec, ...change }]))[0],
    config: async () => (await manager.streams.info('EVENTS')).config,
  }
}

test.serial('the table is created, and applying it again changes nothing', async (t) => {
  const { connection, config } = await open(t)
  const created = await applyTopology(connection, streams)
  t.deepEqual(
    created,
    streams.map(({ name }) => ({ stream: name, status: 'created' })),
  )
  t.true((await applyTopology(connection, streams)).every(({ status }) => status === 'unchanged'))
  t.like(await config(), {
    subjects: ['evt.>'],
    storage: 'file',
    max_age: 0,
    allow_atomic: true,
    allow_direct: true,
    duplicate_window: 30 * SECOND,
    discard: 'new',
    num_replicas: 1,
  })
})

test.serial('several processes may apply it at once', async (t) => {
  const { connection, config } = await open(t)
  const runs = await Promise.all(Array.from({ length: 8 }, () => applyTopology(connection, streams)))
  t.false(runs.flat().some(({ status }) => status === 'refused'))
  t.true(epoch.safeParse((await config()).metadata?.[EPOCH_KEY]).success)
})

test.serial('a bucket of the table is one to a KV client', async (t) => {
  const { connection } = await open(t)
  await applyTopology(connection, streams)
  const bucket = await new Kvm(connection).open('schema')
  const revision = await bucket.create('alias_index.global', '1')
  await bucket.update('alias_index.global', '2', revision)
  await t.throwsAsync(bucket.update('alias_index.global', '3', revision))
  t.is((await bucket.get('alias_index.global'))?.string(), '2')
  await bucket.purge('alias_index.global')
})

test.serial('the epoch is minted once, and outlives every change', async (t) => {
  const { apply, config } = await open(t)
  await apply()
  const minted = (await config()).metadata?.[EPOCH_KEY]
  t.true(epoch.safeParse(minted).success)
  t.deepEqual(await apply({ duplicate_window: 60 * SECOND }), { stream: 'EVENTS', status: 'updated' })
  t.is((await config()).duplicate_window, 60 * SECOND)
  t.is((await config()).metadata?.[EPOCH_KEY], minted)
})

test.serial('a stream that has no epoch gets one, and what others noted on it stays', async (t) => {
  const { apply, manager, config } = await open(t)
  const { epoch: _, ...bare } = spec
  await manager.streams.add({ ...bare, metadata: { team: 'a' } })
  t.like(await apply(), { status: 'updated' })
  t.is((await config()).metadata?.['team'], 'a')
  t.true(epoch.safeParse((await config()).metadata?.[EPOCH_KEY]).success)
})

const losses: readonly [string, Partial<StreamConfig>, RegExp][] = [
  ['another storage', { storage: 'memory' }, /storage would change from file to memory/],
  ['another retention', { retention: 'workqueue' }, /retention would change from limits to workqueue/],
  ['a subject less', { subjects: ['evt.>'] }, /other\.> would be removed from a stream with messages/],
  ['an age that a message has passed', { max_age: SECOND, duplicate_window: SECOND }, /max_age of 1 s would discard/],
  ['fewer bytes than there are', { max_bytes: 10 }, /max_bytes of 10 would discard/],
  ['fewer messages than there are', { max_msgs: 1 }, /max_msgs of 1 would discard messages, the stream holds 2/],
  ['fewer messages per subject', { max_msgs_per_subject: 1 }, /max_msgs_per_subject of 1 would discard/],
]
for (const [title, change, reason] of losses) {
  test.serial(`${title} is refused, and nothing is changed`, async (t) => {
    const { connection, apply, config, manager } = await open(t)
    await apply()
    await manager.jetstream().publish('evt.a')
    await manager.jetstream().publish('other.a')
    const before = await config()
    const later = { nowMs: () => Date.now() + 5000 }
    const [result] = await applyTopology(connection, [{ ...spec, description: 'new', ...change }], later)
    t.is(result?.status, 'refused')
    t.regex(result?.status === 'refused' ? result.reason : '', reason)
    t.deepEqual(await config(), before)
  })
}

test.serial('limits that discard nothing are taken', async (t) => {
  const { apply, manager, config } = await open(t)
  await apply()
  t.like(await apply({ subjects: ['evt.>'], max_msgs_per_subject: 1 }), { status: 'updated' })
  await manager.jetstream().publish('evt.a')
  t.like(await apply({ subjects: ['evt.>'], max_age: 3600 * SECOND, max_bytes: 1_000_000 }), { status: 'updated' })
  t.is((await config()).max_bytes, 1_000_000)
  t.is((await manager.streams.info('EVENTS')).state.messages, 1)
})

test.serial('what the server itself does not allow is refused with its reason', async (t) => {
  const { apply } = await open(t)
  await apply({ deny_delete: true })
  t.like(await apply({ deny_delete: false }), { status: 'refused' })
})

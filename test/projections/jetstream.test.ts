import test from 'ava'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../infra/streams.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { runProjector } from '../../projections/run-projector.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { aggregateSubject, type AggregateSubject } from '../../schemas/subjects.ts'
import { afterTests, testNats } from '../support/infrastructure.ts'
import { AliasLog, envelopeOf, GLOBAL_SCOPE, registered } from './alias-events.ts'
import { ProjectionWorld } from './projection-world.ts'

function write(subject: AggregateSubject, envelope: Envelope) {
  return { subject, expectedRevision: 0, messageId: envelope.id, envelope }
}

test('follows the real log: whole commands, a quiet end, a rebuild', async (t) => {
  const connection = await (await testNats(t)).connect()
  await applyTopology(connection, streams)
  const store = await JetStreamEventStore.open(connection)
  const world = await ProjectionWorld.create(t)
  const controller = new AbortController()
  const watch = new CheckpointWatch(world.pool)
  const running = runProjector(
    aliases,
    { database: world.database, log: store, owner: 'test', onMove: (name, at) => watch.hint(name, at) },
    controller.signal,
  )
  afterTests(async () => {
    controller.abort()
    await running
  })
  const log = new AliasLog()
  const appending: Promise<unknown>[] = []
  for (let command = 0; command < 20; command++) {
    const writes = Array.from({ length: 100 }, (_, index) => {
      const event = registered(log.events.length + 1, GLOBAL_SCOPE, `name-${log.events.length + 1}`)
      const { subject, envelope } = log.record(event, undefined, index, 100)
      return write(subject as AggregateSubject, envelope)
    })
    appending.push(store.append(writes))
  }
  await Promise.all(appending)
  const quiet = aggregateSubject('channel', '1')
  const event = { type: 'channel.registered', data: {} }
  await store.append([write(quiet, envelopeOf(event, { n: 2_001, subject: quiet }))])
  const head = await store.head()
  t.is(head.sequence, 2_001)
  t.deepEqual(await watch.waitForPosition('aliases', head), { status: 'reached', position: head })
  t.is((await world.pool.query('select from pharos.aliases')).rowCount, 2_000)
  const result = await rebuildProjector(aliases, { database: world.database, log: store, signal: controller.signal })
  t.like(result, { status: 'swapped', position: head })
  if (result.status === 'swapped') t.true(result.tables.every((table) => table.isEqual))
})

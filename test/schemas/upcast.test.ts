import test from 'ava'
import { ulid } from 'ulid'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { replay } from '../../projections/replay.ts'
import { rebuildProjector } from '../../projections/rebuild.ts'
import { actor } from '../../schemas/actor.ts'
import { UnknownEventError } from '../../schemas/events/unknown-event.ts'
import { commandId } from '../../schemas/ids.ts'
import { EPOCH } from '../projections/alias-events.ts'
import { ProjectionWorld } from '../projections/projection-world.ts'
import { measured } from './three-versions.ts'

const policy: AccessPolicy = { allows: () => true, actsForOthers: () => true }
const ada = actor.parse({ id: 'ada', roles: ['admin'] })

/** One log, and a process of each release on it, side by side. */
function sideBySide() {
  const store = new InMemoryEventStore(EPOCH)
  const release = (version: 1 | 2 | 3) => {
    const handler = commandHandler(measured(version).definition, {
      store,
      policy,
      now: () => 0,
      newId: () => ulid(),
      epoch: EPOCH,
      source: 'test',
    })
    return (degrees: number) =>
      handler.handle({
        type: 'gauge.measure',
        request: { commandId: commandId.parse(ulid()), data: { degrees } },
        actor: ada,
      })
  }
  return { store, release }
}

async function versions(store: InMemoryEventStore): Promise<readonly string[]> {
  const { sequence: untilSequence } = await store.head()
  const written: string[] = []
  for await (const { envelope } of store.readAll({
    fromSequence: 1,
    untilSequence,
    signal: AbortSignal.timeout(60_000),
  }))
    written.push(envelope.type.slice(-2))
  return written
}

test('an event comes to the newest version step by step, whatever version it was written in', (t) => {
  const { readEvent } = measured(3)
  t.deepEqual(readEvent({ type: 'pharos.gauge.measured.v1', data: { celsius: 20 } }).data, { kelvin: 293 })
  t.deepEqual(readEvent({ type: 'pharos.gauge.measured.v2', data: { value: 20, unit: 'C' } }).data, { kelvin: 293 })
  t.deepEqual(readEvent({ type: 'pharos.gauge.measured.v3', data: { kelvin: 293 } }).data, { kelvin: 293 })
  t.throws(() => readEvent({ type: 'pharos.gauge.measured.v4', data: {} }), { instanceOf: UnknownEventError })
})

test('a newer process decides on what older ones wrote, and writes its own version', async (t) => {
  const { store, release } = sideBySide()
  t.like(await release(1)(20), { status: 'accepted' })
  t.like(await release(2)(21), { status: 'accepted' })
  // Known already, in other words: nothing is written. That takes the state behind both.
  t.like(await release(3)(20), { status: 'accepted', events: [], revision: 2 })
  t.like(await release(3)(22), { status: 'accepted', revision: 3 })
  t.deepEqual(await versions(store), ['v1', 'v2', 'v3'])
})

test('an older process that meets a newer event says that it cannot, writes nothing, and goes on elsewhere', async (t) => {
  const { store, release } = sideBySide()
  const [old, fresh] = [release(1), release(2)]
  t.like(await old(20), { status: 'accepted' })
  t.like(await fresh(21), { status: 'accepted' })
  const outcome = await old(22)
  t.is(outcome.status, 'unavailable')
  t.regex(outcome.status === 'unavailable' ? outcome.message : '', /gauge\.measured\.v2 is newer than this version/)
  t.is((await store.head()).sequence, 2)
  t.like(await fresh(22), { status: 'accepted', revision: 3 })
})

test('a projector of each release: the newest reads all, an older one waits where the newer begins', async (t) => {
  const { store, release } = sideBySide()
  await release(1)(20)
  await release(2)(21)
  await release(3)(22)
  const world = await ProjectionWorld.create(t)
  const old = await world.session(measured(1).projector)
  const from = { epoch: EPOCH, sequence: 0 }
  const reading = { log: store, signal: AbortSignal.timeout(60_000), from, until: 3 }
  await t.throwsAsync(replay(old, measured(1).projector, reading), {
    message: /does not know pharos\.gauge\.measured\.v2/,
  })

  const database = world.database
  const rebuilt = await rebuildProjector(measured(3).projector, { database, log: store, signal: reading.signal })
  t.is(rebuilt.status, 'swapped')
  const { rows } = await world.pool.query('select position::int, data from pharos.gauges order by position')
  t.deepEqual(
    rows,
    [20, 21, 22].map((celsius, i) => ({ position: i + 1, data: { kelvin: celsius + 273 } })),
  )
})

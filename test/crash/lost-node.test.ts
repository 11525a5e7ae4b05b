import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import test from 'ava'
import { EventStoreUnavailable } from '../../commands/event-store.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { personName } from '../../commands/personal/key-names.ts'
import { followKeys } from '../../infra/jetstream/follow-keys.ts'
import { JetStreamEventLog } from '../../infra/jetstream/jetstream-event-log.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { JetStreamObservationPublisher } from '../../infra/jetstream/jetstream-observation-publisher.ts'
import { JetStreamTelemetryLog } from '../../infra/jetstream/jetstream-telemetry-log.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { streams } from '../../infra/streams.ts'
import { alias, aWrite } from '../commands/a-write.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'
import { NatsCluster } from './nats-cluster.ts'

/** Of each kind: the server puts each one's consumer on a node that it draws. */
const READERS = 12

/** Reads on after an outage, as all do. @returns the sequences it has seen, as they come. */
function readingOn(
  read: (from: number) => AsyncIterable<{ readonly sequence: number }>,
  signal: AbortSignal,
): readonly number[] {
  const seen: number[] = []
  void (async () => {
    while (!signal.aborted)
      try {
        for await (const { sequence } of read((seen.at(-1) ?? 0) + 1)) seen.push(sequence)
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error
      }
  })()
  return seen
}

test('a node that is lost for good takes no reader with it, though their consumers lived there', async (t) => {
  t.timeout(300_000)
  const cluster = await NatsCluster.start()
  // To one node only, which lives: nobody is told by a broken connection that something was lost.
  const connection = await connect({ ...natsConnectOptions(cluster.urlOf('n2')), maxReconnectAttempts: -1 })
  const stop = new AbortController()
  const { signal } = stop
  afterTests(async () => {
    stop.abort()
    await connection.close()
  })
  // Again, while its nodes still settle who leads.
  await eventually(() => applyTopology(connection, [...streams]).then(() => true), { what: 'the streams are there' })
  const log = await JetStreamEventStore.open(connection)
  const onDemand = await JetStreamEventLog.open(connection, 'EVENTS')
  const telemetry = await JetStreamTelemetryLog.open(connection)
  const keys = await JetStreamKeyBucket.open(connection)

  const readers = Array.from({ length: READERS }, () => ({
    events: readingOn((fromSequence) => log.readAll({ fromSequence, signal }), signal),
    demanded: readingOn((fromSequence) => eachOf(onDemand, fromSequence, signal), signal),
    observations: readingOn((fromSequence) => telemetry.readAll({ fromSequence, signal }), signal),
    people: [] as string[],
  }))
  for (const { people } of readers) {
    // Who may have missed something forgets all that it knows.
    const listener = { heard: (person: string) => void people.push(person), forgetAll: () => void people.push('all') }
    await followKeys(connection, listener, signal, () => undefined)
  }
  const know = (name: string, count: number): boolean =>
    readers.every(
      ({ events, demanded, observations, people }) =>
        events.length >= count &&
        demanded.length >= count &&
        observations.length >= count &&
        people.some((person) => ['all', name].includes(person)),
    )
  const write = async (name: string): Promise<void> => {
    const stored = (done: () => Promise<boolean>): Promise<true> => eventually(done, { what: `${name} is stored` })
    // The same each time: what was stored without our hearing of it is then a duplicate.
    const event = aWrite(alias(name))
    await stored(async () => ['appended', 'duplicate'].includes((await log.append([event])).status))
    const publisher = new JetStreamObservationPublisher(connection)
    await stored(async () => (await publisher.publish('telemetry.d1.c1', '{"value":1}')) > 0)
    await stored(
      async () =>
        ((await keys.write(personName(name), { status: 'erased' }, 0)) ?? (await keys.read(personName(name)))) !==
        undefined,
    )
  }
  const lost = await eventually(() => homeOfAll(connection, ['n1', 'n3']), {
    what: 'a node has consumers of each stream',
  })
  await write('before')
  await eventually(() => know('before', 1), { what: 'all read what was written before' })

  for (const { people } of readers) people.length = 0
  await cluster.kill(lost)
  const began = performance.now()
  await write('after')
  await eventually(() => know('after', 2), {
    timeoutMs: 150_000,
    what: 'all read what was written after',
  })
  t.log(`after ${Math.round(performance.now() - began)} ms`)
  for (const { events, demanded, observations } of readers) {
    t.deepEqual(events, [1, 2], 'each once')
    t.deepEqual(demanded, [1, 2], 'each once')
    // An observation that was published again, since nobody heard that it was stored, is one more message.
    t.deepEqual(
      observations,
      [...observations.keys()].map((at) => at + 1),
      'each once',
    )
  }
})

async function* eachOf(log: JetStreamEventLog, fromSequence: number, signal: AbortSignal) {
  for await (const events of log.readOnDemand({ fromSequence, subjects: ['evt.>'], most: 10, signal })) yield* events
}

/** One of the nodes on which consumers of each stream that is read live. */
async function homeOfAll(connection: NatsConnection, nodes: readonly string[]): Promise<string | undefined> {
  const manager = await jetstreamManager(connection, { timeout: 1_000 })
  const read = ['EVENTS', 'TELEMETRY', 'KV_keys'].map((stream) => manager.consumers.list(stream).next())
  const homes = (await Promise.all(read)).map((consumers) => consumers.map(({ cluster }) => cluster?.leader))
  return nodes.find((node) => homes.every((leaders) => leaders.includes(node)))
}

import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import test from 'ava'
import { ulid } from 'ulid'
import { z } from 'zod'
import type { AppendResult } from '../../commands/event-store.ts'
import type { Pharos } from '../../gateways/client/index.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { streams } from '../../infra/streams.ts'
import { alias, aWrite } from '../commands/a-write.ts'
import { eventually, testDatabase } from '../support/infrastructure.ts'
import { checkLog } from './check-log.ts'
import { CommandLoad } from './command-load.ts'
import { compareWithReplay, endOf, Installation, commandedEvents } from './installation.ts'
import { NatsCluster } from './nats-cluster.ts'
import { seededRandom } from './seeded-random.ts'

/** Leaders killed one after the other, each while the one before is back and has caught up. */
const KILLS = 2
/** How long the service may be away, sender's retries and all. */
const BACK_MS = 15_000
const SEED = 20_261_121

test.serial(
  'a cluster that loses the leader under load loses no accepted command, applies none twice, and is back in 15 s',
  async (t) => {
    t.timeout(300_000)
    const [cluster, database] = await Promise.all([NatsCluster.start(), testDatabase(t)])
    const installation = new Installation({ natsUrl: cluster.url, databaseUrl: database.url })
    const { api } = await installation.serve('http', 'commands', 'projections')
    const watch = await cluster.connect()
    t.deepEqual(
      await replicas(watch),
      streams.map(({ name }) => [name, 3]),
    )

    const client = await installation.client(60_000)
    const load = new CommandLoad(client, seededRandom(SEED))
    const away: number[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const before = load.answered
      const wave = new AbortController()
      load.run(wave.signal)
      await eventually(() => load.answered - before > 200, { timeoutMs: 60_000 })
      const leader = await leaderOf(watch)
      const killedAt = performance.now()
      await cluster.kill(leader)
      const position = await accepted(client)
      const commandsMs = Math.round(performance.now() - killedAt)
      const visible = await client.query('alias.count', {}, { minPosition: position, timeoutMs: 60_000 })
      away.push(performance.now() - killedAt)
      t.log(`commands back after ${commandsMs} ms, queries of them after ${Math.round(away.at(-1) ?? 0)} ms`)
      t.is(visible.status, 'ok', 'the projector reads on from the new leader')
      await eventually(async () => (await leaderOf(watch)) !== leader)
      await eventually(async () => (await currentCopies(api, await installation.token())) === 2, { timeoutMs: 60_000 })
      wave.abort()
      await cluster.restart(leader)
      await eventually(() => isWhole(watch), {
        timeoutMs: 60_000,
        intervalMs: 200,
        what: 'all replicas have caught up',
      })
    }
    await load.settled()
    t.log(`${load.told.length} commands told`)
    t.true(
      away.every((ms) => ms <= BACK_MS),
      `away for ${away.join(', ')} ms`,
    )

    const store = await installation.log()
    const events = await commandedEvents(store)
    const probes = events.filter(({ envelope }) => envelope.subject.includes('.probe.'))
    t.is(probes.length, KILLS)
    t.deepEqual(
      checkLog(
        events.filter((event) => !probes.includes(event)),
        load.told,
      ),
      [],
    )
    t.like(await client.query('alias.count', {}, { minPosition: await endOf(store) }), { status: 'ok' })
    const compared = await compareWithReplay(installation, store)
    t.true(compared.status === 'swapped' && compared.tables.every(({ isEqual }) => isEqual))
  },
)

test.serial(
  'on three replicas, of a guard and a removal that meet one gives way, and guards stop no other',
  async (t) => {
    t.timeout(300_000)
    const cluster = await NatsCluster.start()
    const open = async (): Promise<JetStreamEventStore> => JetStreamEventStore.open(await cluster.connect())
    await applyTopology(await cluster.connect(), streams)
    const [here, there] = [await open(), await open()]
    const rounds = Array.from({ length: 40 }, (_, round) => round)
    await Promise.all(rounds.map((round) => here.append([aWrite(alias(`company${round}`))])))
    await Promise.all(
      rounds.map(async (round) => {
        const company = alias(`company${round}`)
        const at = await here.lastRevision(company)
        const guards = [{ subject: company, expectedRevision: at }]
        const [first, second, removal] = await Promise.all([
          here.append([aWrite(alias(`a${round}`))], { guards }),
          there.append([aWrite(alias(`b${round}`))], { guards }),
          there.append([aWrite(company, at)], { seals: [{ subject: company, lastGuard: 0 }] }),
        ])
        const stored = [first, second].map(({ status }) => status)
        t.deepEqual(stored, removal.status === 'appended' ? ['conflict', 'conflict'] : ['appended', 'appended'])
        if (removal.status !== 'appended') t.is(removal.status, 'conflict')
        const events = await Promise.all(['a', 'b'].map((name) => here.lastRevision(alias(`${name}${round}`))))
        t.deepEqual(
          events.map((revision) => revision > 0),
          stored.map((status) => status === 'appended'),
        )
      }),
    )
    const shared = [{ subject: alias('shared'), expectedRevision: 0 }]
    const many = Array.from({ length: 200 }, (_, i) =>
      (i % 2 === 0 ? here : there).append([aWrite(alias(`n${i}`))], { guards: shared }),
    )
    t.true((await Promise.all(many)).every(({ status }) => status === 'appended'))
  },
)

test.serial(
  'on three replicas, of those who expect the same one is stored and the others are told by whom',
  async (t) => {
    t.timeout(300_000)
    const cluster = await NatsCluster.start()
    const tap = await cluster.connect()
    await applyTopology(tap, streams)
    const refusals = countRefusals(tap)
    await tap.flush()
    const stores = await Promise.all(
      Array.from({ length: 3 }, async () => JetStreamEventStore.open(await cluster.connect())),
    )

    const standing = new Map<string, number>()
    let rounds = 0
    // How often two meet while one of them is on its way to the replicas is the machine's.
    for (; rounds < 60 || (!refusals.has(10_164) && rounds < 1_000); rounds++) {
      const subjects = Array.from({ length: 8 }, (_, number) => alias(`contended-${number}`))
      const appends = stores.flatMap((store) =>
        subjects.map(async (subject): Promise<readonly [string, AppendResult]> => [
          subject,
          await store.append([aWrite(subject, standing.get(subject) ?? 0)]),
        ]),
      )
      const results = Map.groupBy(await Promise.all(appends), ([subject]) => subject)
      for (const [subject, tried] of results) {
        const expected = standing.get(subject) ?? 0
        const won = tried.map(([, result]) => result).filter((result) => result.status === 'appended')
        t.is(won.length, 1, `one of ${tried.length} is stored`)
        const actual = won[0]?.revisions[0] ?? 0
        for (const [, result] of tried)
          if (result.status !== 'appended') t.deepEqual(result, { status: 'conflict', subject, expected, actual })
        standing.set(subject, actual)
      }
    }
    // Long after: the message is stored, and no longer on its way.
    const [store] = stores
    t.like(await store?.append([aWrite(alias('contended-0'), 1)]), { status: 'conflict', expected: 1 })

    t.log(`refusals by code: ${JSON.stringify(Object.fromEntries(refusals))}`)
    t.true((refusals.get(10_071) ?? 0) > 0, 'refused by what is stored')
    t.true((refusals.get(10_164) ?? 0) > 0, 'refused by what is on its way to the replicas')
    t.is((await store?.head())?.sequence, rounds * 8)
  },
)

const refusal = z.object({ error: z.object({ err_code: z.int() }) })

/** Counts the error codes in every answer of the server, as anybody in the account can hear them. */
function countRefusals(connection: NatsConnection): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  connection.subscribe('_INBOX.>', {
    callback(_, message) {
      const text = message.string()
      const read = refusal.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined)
      if (read.success) counts.set(read.data.error.err_code, (counts.get(read.data.error.err_code) ?? 0) + 1)
    },
  })
  return counts
}

/** Sends one command until it is accepted. @returns where it stands. */
async function accepted(client: Pharos): Promise<string> {
  const target = { kind: 'endpoint', url: 'https://example.com/' }
  const data = { scope: { kind: 'context', context: 'probe' }, name: `probe_${ulid()}`, target }
  const result = await client.send('alias.register', data)
  if (result.status !== 'accepted' && result.status !== 'duplicate')
    throw new Error(`answered ${JSON.stringify(result)}`)
  return result.position
}

async function leaderOf(connection: NatsConnection): Promise<string> {
  const manager = await jetstreamManager(connection, { timeout: 1_000, checkAPI: false })
  const leader = await eventually(
    async () => (await manager.streams.info('EVENTS').catch(() => undefined))?.cluster?.leader,
    { intervalMs: 100, what: 'EVENTS has a leader' },
  )
  return leader
}

async function isWhole(connection: NatsConnection): Promise<boolean> {
  const manager = await jetstreamManager(connection, { timeout: 1_000, checkAPI: false })
  const { cluster } = await manager.streams.info('EVENTS')
  return cluster?.replicas?.length === 2 && cluster.replicas.every(({ current }) => current)
}

/** How many copies of EVENTS are whole, as a process of Pharos tells Prometheus. */
async function currentCopies(api: string, token: string): Promise<number> {
  const metrics = await fetch(`${api}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  return Number(/^pharos_stream_replicas_current\{stream="EVENTS"\} (\d)$/m.exec(await metrics.text())?.[1])
}

async function replicas(connection: NatsConnection): Promise<readonly (readonly [string, number])[]> {
  const manager = await jetstreamManager(connection)
  return Promise.all(
    streams.map(async ({ name }) => [name, (await manager.streams.info(name)).config.num_replicas] as const),
  )
}

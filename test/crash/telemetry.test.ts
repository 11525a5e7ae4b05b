import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import test from 'ava'
import pg from 'pg'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { channelId } from '../../schemas/ids.ts'
import { telemetrySubject } from '../../schemas/telemetry-subject.ts'
import { afterTests, eventually, testNats } from '../support/infrastructure.ts'
import { Installation, testInstallation } from './installation.ts'
import { privatePostgres } from './private-server.ts'
import { seededRandom } from './seeded-random.ts'

const channel = channelId.parse('6f1c1c1e-0000-4000-8000-000000000001')
const KILLS = 3
const WAIT = { timeoutMs: 60_000 }
/** How long Postgres is away. */
const OUTAGE_MS = 60_000

/** Between two observations, in milliseconds: a load that leaves the machine to those that are watched. */
const PACE_MS = 3

/** Publishes observations one after the other, now and then one twice or late, until it is stopped; says what it has published. */
async function publisher(natsUrl: string) {
  const connection = await connectNats(natsUrl, 'telemetry test')
  afterTests(() => connection.close())
  const client = jetstream(connection)
  const stopping = new AbortController()
  const published = new Set<number>()
  const random = seededRandom(20_260_301)
  const send = async (n: number): Promise<void> => {
    const observed_at = new Date(1704326400000 + n * 1000).toISOString()
    await client.publish(
      telemetrySubject('gate-4', channel),
      JSON.stringify({ value: `${n}.50`, observed_at, id: `o${n}` }),
    )
    published.add(n)
  }
  const running = (async () => {
    for (let n = 0; !stopping.signal.aborted; n++) {
      // Out of order: the one after the next goes first.
      const order = random() < 0.1 ? [n + 1, n] : [n]
      for (const one of order) await send(one)
      if (random() < 0.1) await send(Math.floor(random() * n))
      await sleep(PACE_MS)
    }
  })()
  return {
    published,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function stored(database: pg.Client): Promise<readonly number[]> {
  const { rows } = await database.query<{ value: string }>('select value from pharos.telemetry order by value')
  return rows.map(({ value }) => Number(value) - 0.5)
}

async function count(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>('select count(*)::int as count from pharos.telemetry')
  return rows[0]?.count ?? 0
}

async function connect(url: string): Promise<pg.Client> {
  const database = new pg.Client(url)
  database.on('error', () => undefined)
  await database.connect()
  afterTests(() => database.end().catch(() => undefined))
  return database
}

const sorted = (numbers: ReadonlySet<number>): number[] => [...numbers].toSorted((a, b) => a - b)

test('a sink that is killed again and again stores every observation, and none twice', async (t) => {
  t.timeout(300_000)
  const installation = await testInstallation(t)
  const { api } = await installation.serve('http', 'commands', 'projections')
  const client = await installation.client()
  t.like(await client.command('channel.register', { channelId: channel, name: 'pressure' }), { status: 'accepted' })
  t.truthy(api)
  const load = await publisher(installation.natsUrl)
  const database = await connect(installation.databaseUrl)
  let sink = await installation.serve('telemetry')
  const random = seededRandom(20_260_302)
  let seen = 0
  for (let kill = 0; kill < KILLS; kill++) {
    // While it is at work: rows of this life are there, and more are on their way.
    const until = seen + Math.floor(random() * 100)
    seen = await eventually(async () => ((await count(database)) > until ? count(database) : undefined), WAIT)
    await sink.kill('SIGKILL')
    sink = await installation.serve('telemetry')
  }
  await load.stop()
  await eventually(async () => (await count(database)) === load.published.size, WAIT)
  t.deepEqual(await stored(database), sorted(load.published))
  t.log(`${load.published.size} observations through ${KILLS} kills`)
  const { rows } = await database.query('select * from pharos.telemetry_lost')
  t.deepEqual(rows, [])
})

test('with Postgres away for a minute observations are taken all the same, and drain when it is back', async (t) => {
  t.timeout(300_000)
  const [nats, postgres] = [await testNats(t), await privatePostgres()]
  const installation = new Installation({ natsUrl: nats.url, databaseUrl: postgres.url })
  const served = await installation.serve('http', 'commands', 'projections', 'telemetry')
  const client = await installation.client()
  t.like(await client.command('channel.register', { channelId: channel, name: 'pressure' }), { status: 'accepted' })
  const load = await publisher(nats.url)
  await eventually(() => load.published.size > 100, WAIT)
  await postgres.stop()
  await served.line(/projector telemetry is away/)
  const [before, away] = [load.published.size, performance.now()]
  const isLong = (): boolean => performance.now() - away > OUTAGE_MS && load.published.size > before + 500
  await eventually(isLong, { timeoutMs: OUTAGE_MS + WAIT.timeoutMs })
  const token = await installation.token()
  const body = JSON.stringify({ stream: channel, value: '0.5', observed_at: '1704326400', id: 'o0' })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent = await fetch(`${served.api}/api/v1/observation`, { method: 'POST', body, headers })
  t.is(sent.status, 202)
  await postgres.start()
  await load.stop()
  const database = await connect(postgres.url)
  await eventually(async () => (await count(database)) === load.published.size, WAIT)
  t.deepEqual(await stored(database), sorted(load.published))
})

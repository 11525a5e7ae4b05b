import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import pg from 'pg'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { channelId } from '../../schemas/ids.ts'
import { telemetrySubject } from '../../schemas/telemetry-subject.ts'
import { afterTests } from '../support/infrastructure.ts'
import { seededRandom } from './seeded-random.ts'

export const channel = channelId.parse('6f1c1c1e-0000-4000-8000-000000000001')

/** Between two observations, in milliseconds: a load that leaves the machine to those that are watched. */
const PACE_MS = 3

/** Publishes observations one after the other, now and then one twice or late, until it is stopped; says what it has published. */
export async function publisher(natsUrl: string) {
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

export async function stored(database: pg.Client): Promise<readonly number[]> {
  const { rows } = await database.query<{ value: string }>('select value from pharos.telemetry order by value')
  return rows.map(({ value }) => Number(value) - 0.5)
}

export async function count(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>('select count(*)::int as count from pharos.telemetry')
  return rows[0]?.count ?? 0
}

export async function connect(url: string): Promise<pg.Client> {
  const database = new pg.Client(url)
  database.on('error', () => undefined)
  await database.connect()
  afterTests(() => database.end().catch(() => undefined))
  return database
}

export const sorted = (numbers: ReadonlySet<number>): number[] => [...numbers].toSorted((a, b) => a - b)

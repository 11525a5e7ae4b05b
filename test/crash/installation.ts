import { connectPharos, type Pharos } from '../../gateways/client/index.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { rebuildProjector, type RebuildResult } from '../../projections/rebuild.ts'
import { aliases } from '../../projections/tables/aliases.ts'
import type { RecordedEvent } from '../../schemas/envelope.ts'
import { formatPosition } from '../../schemas/position.ts'
import { afterTests, testDatabase, testNats } from '../support/infrastructure.ts'
import { SECRET_KEY, type ServedProcess, type ServedRole, serveProcess } from './served-process.ts'

/** One installation of Pharos: a NATS, a Postgres, and as many real processes as a test starts. */
export class Installation {
  readonly natsUrl: string
  readonly databaseUrl: string

  constructor(urls: { readonly natsUrl: string; readonly databaseUrl: string }) {
    this.natsUrl = urls.natsUrl
    this.databaseUrl = urls.databaseUrl
  }

  serve(...roles: readonly ServedRole[]): Promise<ServedProcess> {
    return serveProcess({ natsUrl: this.natsUrl, databaseUrl: this.databaseUrl, roles })
  }

  token(): Promise<string> {
    return issueToken(secretKeyBytes(SECRET_KEY), {
      sub: 'crash-test',
      roles: ['admin'],
      ttlSeconds: 3600,
      issuer: 'pharos',
      audience: 'pharos',
      at: Date.now(),
    })
  }

  /** The client SDK, as any sender uses it. */
  async client(timeoutMs = 20_000): Promise<Pharos> {
    const { servers, ...natsOptions } = natsConnectOptions(this.natsUrl)
    const options = { ...natsOptions, reconnectTimeWait: 100 }
    const client = await connectPharos({ servers, natsOptions: options, token: await this.token(), timeoutMs })
    afterTests(() => client.close())
    return client
  }

  /** The log, read by the test itself. */
  async log(): Promise<JetStreamEventStore> {
    const connection = await connectNats(this.natsUrl, 'crash test')
    afterTests(() => connection.close())
    return JetStreamEventStore.open(connection)
  }
}

/** An installation on the test run's servers, with an account and a database of its own, or with this one. */
export async function testInstallation(
  t: { readonly title: string },
  database = testDatabase(t),
): Promise<Installation> {
  const [nats, { url }] = await Promise.all([testNats(t), database])
  return new Installation({ natsUrl: nats.url, databaseUrl: url })
}

/** Every event, in order. */
export async function wholeLog(store: JetStreamEventStore): Promise<readonly RecordedEvent[]> {
  const { sequence } = await store.head()
  const signal = AbortSignal.timeout(60_000)
  const events: RecordedEvent[] = []
  for await (const event of store.readAll({ fromSequence: 1, untilSequence: sequence, signal })) events.push(event)
  return events
}

/** All events that commands have made; without the versions of the index, which come by themselves. */
export async function commandedEvents(store: JetStreamEventStore): Promise<readonly RecordedEvent[]> {
  return (await wholeLog(store)).filter(({ subject }) => !subject.startsWith('evt.alias-index.'))
}

/** The end of the log now, as what a query may wait for. */
export async function endOf(store: JetStreamEventStore): Promise<string> {
  return formatPosition(await store.head())
}

/** Replays the log beside the live tables and compares them, row by row; swaps only if nothing differs. */
export async function compareWithReplay(at: Installation, store: JetStreamEventStore): Promise<RebuildResult> {
  return rebuildProjector(aliases, {
    database: { connectionString: at.databaseUrl },
    log: store,
    signal: AbortSignal.timeout(60_000),
  })
}

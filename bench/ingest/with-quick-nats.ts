import { connect } from '@nats-io/transport-node'
import { join } from 'node:path'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { streams } from '../../infra/streams.ts'
import type { BenchContext } from '../bench.ts'
import { benchDatabase } from '../servers/bench-database.ts'
import type { Servers } from '../servers/with-servers.ts'

/**
 * Both servers, Postgres as in production (every commit synced), NATS without a sync for each message: what is measured
 * here reads the stream, and it is to be filled in less than an hour. `BENCH_DATABASE_URL` names another database.
 */
export async function withQuickNats({ dir }: BenchContext, work: (servers: Servers) => Promise<void>): Promise<void> {
  await using running = new AsyncDisposableStack()
  const nats = await startEmbeddedNats({ dataDir: join(dir, 'nats'), durable: false })
  running.defer(() => nats.stop())
  let databaseUrl = benchDatabase()
  if (databaseUrl === undefined) {
    const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres') })
    running.defer(() => postgres.stop())
    databaseUrl = postgres.url
  }
  const connection = await connect({ ...natsConnectOptions(nats.url), name: 'pharos bench', noAsyncTraces: true })
  running.defer(() => connection.close())
  await applyTopology(connection, streams)
  await migrate({ connectionString: databaseUrl })
  await work({ natsUrl: nats.url, databaseUrl, connection })
}

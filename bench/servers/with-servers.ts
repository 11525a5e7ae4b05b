import { connect, type NatsConnection } from '@nats-io/transport-node'
import { join } from 'node:path'
import { type Infrastructure, startInfrastructure } from '../../infra/embedded/embedded-infrastructure.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { streams } from '../../infra/streams.ts'
import type { BenchContext } from '../bench.ts'
import { benchDatabase } from './bench-database.ts'

export interface Servers {
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly connection: NatsConnection
}

/** Servers that were started here, and are watched over. */
export interface OwnServers extends Servers {
  /** Where the keys of the NATS operator are. */
  readonly keysDir: string
  /** The NATS server's process of the moment: one that ends is started again on the same port. */
  natsPid(): number
}

/**
 * Both servers as Pharos embeds them (every write synced to disk), with streams and migrations; stopped afterwards. With
 * `BENCH_DATABASE_URL` that database instead, which is left as it is then.
 */
export async function withServers(context: BenchContext, work: (servers: OwnServers) => Promise<void>): Promise<void> {
  const { dir, signal } = context
  const dataDir = join(dir, 'servers')
  const infrastructure = await startInfrastructure({ dataDir, databaseUrl: benchDatabase(), signal })
  try {
    await withConnection(infrastructure, join(dataDir, 'keys'), work)
  } finally {
    await infrastructure.stop()
  }
}

async function withConnection(
  { natsUrl, databaseUrl, embedded }: Infrastructure,
  keysDir: string,
  work: (servers: OwnServers) => Promise<void>,
): Promise<void> {
  // Without a stack trace per request, which only the caller would pay for: the ceiling shall be a high one.
  const connection = await connect({ ...natsConnectOptions(natsUrl), name: 'pharos bench', noAsyncTraces: true })
  try {
    await applyTopology(connection, streams)
    await migrate({ connectionString: databaseUrl })
    await work({ natsUrl, databaseUrl, connection, keysDir, natsPid: () => embedded.nats?.pid ?? 0 })
  } finally {
    await connection.close()
  }
}

import { connect, type NatsConnection } from '@nats-io/transport-node'
import { join } from 'node:path'
import { type Infrastructure, startInfrastructure } from '../../infra/embedded/embedded-infrastructure.ts'
import { applyTopology } from '../../infra/jetstream/apply-topology.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { streams } from '../../infra/streams.ts'
import type { BenchContext } from '../bench.ts'

export interface Servers {
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly connection: NatsConnection
}

/** Both servers as Pharos embeds them (every write synced to disk), with streams and migrations; stopped afterwards. */
export async function withServers(context: BenchContext, work: (servers: Servers) => Promise<void>): Promise<void> {
  const { dir, signal } = context
  const infrastructure = await startInfrastructure({ dataDir: join(dir, 'servers'), signal })
  try {
    await withConnection(infrastructure, work)
  } finally {
    await infrastructure.stop()
  }
}

async function withConnection(
  { natsUrl, databaseUrl }: Infrastructure,
  work: (servers: Servers) => Promise<void>,
): Promise<void> {
  // Without a stack trace per request, which only the caller would pay for: the ceiling shall be a high one.
  const connection = await connect({ ...natsConnectOptions(natsUrl), name: 'pharos bench', noAsyncTraces: true })
  try {
    await applyTopology(connection, streams)
    await migrate({ connectionString: databaseUrl })
    await work({ natsUrl, databaseUrl, connection })
  } finally {
    await connection.close()
  }
}

import { join } from 'node:path'
import { startEmbeddedNats } from '../../infra/embedded/embedded-nats.ts'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { testAccounts } from './test-accounts.ts'
import type { StartedServers } from './started-servers.ts'

/** The servers that Pharos embeds, as throwaway ones: not synced to disk, since no test here cuts the power. */
export async function startEmbeddedTestServers(runDir: string, password: string): Promise<StartedServers> {
  const nats = await startEmbeddedNats({
    dataDir: join(runDir, 'nats'),
    accounts: testAccounts(password),
    durable: false,
  })
  try {
    const postgres = await startEmbeddedPostgres({
      dataDir: join(runDir, 'postgres'),
      durable: false,
      settings: { max_connections: '400' },
    })
    return {
      natsAddress: new URL(nats.url).host,
      databaseUrl: postgres.url,
      stop: async () => {
        await Promise.all([nats.stop(), postgres.stop()])
      },
    }
  } catch (error) {
    await nats.stop()
    throw error
  }
}

import { GenericContainer, Wait } from 'testcontainers'
import { natsServerConfig } from '../../infra/embedded/nats-server-config.ts'
import { testAccounts } from './test-accounts.ts'
import type { StartedServers } from './test-servers.ts'

/** The images that compose and Kubernetes run. testcontainers ends them even when the test run is killed. */
const NATS_IMAGE = 'nats:2.12'
const POSTGRES_IMAGE = 'postgres:18'

/** The same servers from a container engine: what runs here is then what runs in production. */
export async function startTestContainers(_runDir: string, password: string): Promise<StartedServers> {
  const config = natsServerConfig({
    host: '0.0.0.0',
    port: 4222,
    storeDir: '/tmp/jetstream',
    accounts: testAccounts(password),
    durable: false,
  })
  const [nats, postgres] = await Promise.all([
    new GenericContainer(NATS_IMAGE)
      .withCopyContentToContainer([{ content: config, target: '/etc/pharos-test.conf' }])
      .withCommand(['--config', '/etc/pharos-test.conf'])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .start(),
    new GenericContainer(POSTGRES_IMAGE)
      .withEnvironment({ POSTGRES_USER: 'pharos', POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' })
      .withCommand(['postgres', '-c', 'max_connections=400', '-c', 'fsync=off'])
      .withExposedPorts(5432)
      // The image starts Postgres twice: once for itself, to make the database, then for us.
      .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
      .start(),
  ])
  return {
    natsAddress: `${nats.getHost()}:${nats.getMappedPort(4222)}`,
    databaseUrl: `postgres://pharos:${password}@${postgres.getHost()}:${postgres.getMappedPort(5432)}/postgres`,
    stop: async () => {
      await Promise.all([nats.stop(), postgres.stop()])
    },
  }
}

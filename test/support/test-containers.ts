import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import { natsServerConfig } from '../../infra/embedded/nats-server-config.ts'
import { testAccounts } from './test-accounts.ts'
import type { StartedServers } from './started-servers.ts'

/** The images that compose and Kubernetes run. testcontainers ends them even when the test run is killed. */
const NATS_IMAGE = 'nats:2.12'
const POSTGRES_IMAGE = 'postgres:18'

/** Over TCP: while the image makes the database, its Postgres listens on a socket file only, and is not ours yet. */
const POSTGRES_IS_READY = {
  test: ['CMD', 'pg_isready', '--host', '127.0.0.1', '--username', 'pharos'],
  interval: 500,
  timeout: 5_000,
  retries: 360,
} satisfies Parameters<GenericContainer['withHealthCheck']>[0]

/** Postgres makes its database first, which takes a busy machine more than the minute that is the default. In milliseconds. */
const STARTUP_TIMEOUT = 180_000

/** The same servers from a container engine: what runs here is then what runs in production. */
export async function startTestContainers(_runDir: string, password: string): Promise<StartedServers> {
  await using started = new AsyncDisposableStack()
  const start = async (container: GenericContainer): Promise<StartedTestContainer> => {
    const running = await container.withStartupTimeout(STARTUP_TIMEOUT).start()
    started.defer(async () => void (await running.stop()))
    return running
  }
  const starting = [start(natsContainer(password)), start(postgresContainer(password))] as const
  // Whatever fails, nothing is still on its way when the other is stopped.
  await Promise.allSettled(starting)
  const [nats, postgres] = await Promise.all(starting)
  const running = started.move()
  return {
    natsAddress: `${nats.getHost()}:${nats.getMappedPort(4222)}`,
    databaseUrl: `postgres://pharos:${password}@${postgres.getHost()}:${postgres.getMappedPort(5432)}/postgres`,
    stop: () => running.disposeAsync(),
  }
}

function natsContainer(password: string): GenericContainer {
  const config = natsServerConfig({
    host: '0.0.0.0',
    port: 4222,
    storeDir: '/tmp/jetstream',
    access: { accounts: testAccounts(password) },
    durable: false,
  })
  return new GenericContainer(NATS_IMAGE)
    .withCopyContentToContainer([{ content: config, target: '/etc/pharos-test.conf' }])
    .withCommand(['--config', '/etc/pharos-test.conf'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
}

function postgresContainer(password: string): GenericContainer {
  return new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_USER: 'pharos', POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' })
    .withCommand(['postgres', '-c', 'max_connections=400', '-c', 'fsync=off'])
    .withExposedPorts(5432)
    .withHealthCheck(POSTGRES_IS_READY)
    .withWaitStrategy(Wait.forHealthCheck())
}

import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Pool } from 'pg'
import type { NatsConnection } from '@nats-io/transport-node'
import { createCaslPolicy } from '../../../commands/access/casl-policy.ts'
import type { EventStore } from '../../../commands/event-store.ts'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { createPool } from '../../../infra/postgres/pool.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { streams } from '../../../infra/streams.ts'
import type { ProjectorReport } from '../../../projections/projector-report.ts'
import { CheckpointWatch } from '../../../projections/wait-for-position.ts'
import type { Config } from '../../../schemas/config.ts'
import { ApiKeySecrets } from '../../authentication/api-key-secrets.ts'
import { Authenticator } from '../../authentication/authenticator.ts'
import { remoteTokenKey, secretTokenKey } from '../../authentication/token-key.ts'
import { Metrics } from '../../observability/metrics.ts'
import { observeEventStore } from '../../observability/observe-event-store.ts'
import { observeCommandBus } from '../../observability/observe-command-bus.ts'
import { commandPortsOver } from './command-ports.ts'
import { closeNats, connectNats } from './connect-nats.ts'
import { readinessOf } from './readiness.ts'
import { startCommandsRole } from './roles/commands-role.ts'
import { startHttpRole } from './roles/http-role.ts'
import { startProjectionsRole } from './roles/projections-role.ts'

export interface PlatformOptions {
  readonly config: Config
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly secretKey: Uint8Array
  readonly logger: Logger
  readonly embedded: boolean
  /** Told of every change of what a projector in this process does. */
  readonly onProjector?: (report: ProjectorReport) => void
}

/** A running process of Pharos, in the roles that its configuration gives it. */
export interface Platform {
  readonly connection: NatsConnection
  readonly store: EventStore
  readonly pool: Pool
  readonly metrics: Metrics
  /** `http://host:port`, when this process has the role `http`. */
  readonly apiUrl: string | undefined
  /** Lets what was begun end, then closes the connections. */
  stop(): Promise<void>
}

/**
 * Brings up one process: topology and migrations first (idempotent, any process may be the first), then its roles.
 * @throws when a server is away at the start, a stream cannot be made what it should be, or a port is taken.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { config, logger, secretKey } = options
  await using started = new AsyncDisposableStack()
  const connection = await connectNats(options.natsUrl, `pharos ${hostname()} ${process.pid}`)
  started.defer(() => closeNats(connection))
  await ensureTopology(connection, logger)
  await migrate({ connectionString: options.databaseUrl })
  const pool = createPool({
    connectionString: options.databaseUrl,
    applicationName: 'pharos queries',
    onError: (error) => logger.warn({ err: error }, 'a connection to Postgres broke'),
  })
  started.defer(() => pool.end())

  const store = observeEventStore(await JetStreamEventStore.open(connection))
  const policy = createCaslPolicy()
  const metrics = new Metrics()
  const secrets = new ApiKeySecrets(secretKey)
  const authenticator = new Authenticator({
    tokenKey: config.JWKS_URL === undefined ? secretTokenKey(secretKey) : remoteTokenKey(new URL(config.JWKS_URL)),
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    secrets,
    readAggregate: (subject) => store.readAggregate(subject),
    now: Date.now,
  })
  const { bus: plainBus, jobs } = await commandPortsOver(store, policy, config)
  const bus = observeCommandBus(plainBus, metrics)
  const readiness = readinessOf({ connection, store, pool, metrics })
  const watch = new CheckpointWatch(pool)
  const shared = {
    ...options,
    connection,
    store,
    pool,
    watch,
    bus,
    jobs,
    policy,
    authenticator,
    secrets,
    metrics,
    readiness,
  }

  const roles = new Set(config.PHAROS_ROLES)
  if (roles.has('projections')) started.use(startProjectionsRole(shared))
  if (roles.has('commands')) started.use(await startCommandsRole(shared))
  const http = roles.has('http') ? started.use(await startHttpRole(shared)) : undefined

  const running = started.move()
  return { connection, store, pool, metrics, apiUrl: http?.url, stop: () => running.disposeAsync() }
}

async function ensureTopology(connection: NatsConnection, logger: Logger): Promise<void> {
  for (const applied of await applyTopology(connection, streams)) {
    if (applied.status === 'refused') throw new Error(`stream ${applied.stream} was left as it is: ${applied.reason}`)
    if (applied.status !== 'unchanged') logger.info({ stream: applied.stream }, `stream ${applied.status}`)
  }
}

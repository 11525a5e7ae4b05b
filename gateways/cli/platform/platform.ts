import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Pool } from 'pg'
import type { NatsConnection } from '@nats-io/transport-node'
import { createCaslPolicy } from '../../../commands/access/casl-policy.ts'
import type { EventStore } from '../../../commands/event-store.ts'
import { KeyRing } from '../../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../../commands/personal/key-uses.ts'
import { PersonalEventStore } from '../../../commands/personal/personal-event-store.ts'
import { tellRefusals } from '../../../commands/refusals/tell-refusals.ts'
import { applyTopology } from '../../../infra/jetstream/apply-topology.ts'
import { followKeys } from '../../../infra/jetstream/follow-keys.ts'
import { FencedEventStore } from '../../../infra/jetstream/fenced-event-store.ts'
import { JetStreamEventStore } from '../../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../../infra/jetstream/jetstream-key-bucket.ts'
import { openLogHistory } from '../../../infra/jetstream/jetstream-log-history.ts'
import { streamHealth } from '../../../infra/jetstream/stream-health.ts'
import { createPool } from '../../../infra/postgres/pool.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { streams, streamsFor } from '../../../infra/streams.ts'
import { CheckpointWatch } from '../../../projections/wait-for-position.ts'
import type { Config } from '../../../schemas/config.ts'
import { CredentialBook } from '../../devices/credential-book.ts'
import { ApiKeySecrets } from '../../authentication/api-key-secrets.ts'
import { Authenticator } from '../../authentication/authenticator.ts'
import { remoteTokenKey } from '../../authentication/remote-token-key.ts'
import { secretTokenKey } from '../../authentication/token-key.ts'
import type { Readiness } from '../../http/http-dependencies.ts'
import { Metrics } from '../../observability/metrics.ts'
import { observeEventStore } from '../../observability/observe-event-store.ts'
import { observeCommandBus } from '../../observability/observe-command-bus.ts'
import { commandPortsOver } from './command-ports.ts'
import { closeNats, connectNats } from './connect-nats.ts'
import { openDeviceKeys } from './device-keys.ts'
import { devicePortsOver } from './device-ports-over.ts'
import { keysDirOf } from './keys-dir.ts'
import { exposeInstallation } from './installation-metrics.ts'
import { type Logs, openLogs } from './logs.ts'
import type { PlatformOptions } from './platform-options.ts'
import { observationPortsOver } from './observation-ports-over.ts'
import { refusalsTo, unauthorizedTo } from './refusals.ts'
import { readinessOf } from './readiness.ts'
import type { RoleParts } from './roles/role.ts'
import { type Survey, survey } from './survey.ts'

/** Each is loaded when it is asked for: a process of one role starts in two thirds of the time that all of them take. */
const startRole = {
  projections: async (parts: RoleParts) => (await import('./roles/projections-role.ts')).startProjectionsRole(parts),
  telemetry: async (parts: RoleParts) => (await import('./roles/telemetry-role.ts')).startTelemetryRole(parts),
  commands: async (parts: RoleParts) => (await import('./roles/commands-role.ts')).startCommandsRole(parts),
  devices: async (parts: RoleParts) => (await import('./roles/devices-role.ts')).startDevicesRole(parts),
  http: async (parts: RoleParts) => (await import('./roles/http-role.ts')).startHttpRole(parts),
  /** In place of `http`, in a process without that role. */
  probes: async (parts: RoleParts) => (await import('./roles/probes.ts')).startProbes(parts),
}
/** In this order; whoever asks over HTTP then finds them there. */
const BEHIND_HTTP = ['projections', 'telemetry', 'commands', 'devices'] as const

/** A running process of Pharos, in the roles that its configuration gives it. */
export interface Platform {
  readonly connection: NatsConnection
  readonly store: EventStore
  readonly logs: Logs
  readonly pool: Pool
  readonly metrics: Metrics
  /** `http://host:port`, when this process has the role `http`. */
  readonly apiUrl: string | undefined
  /** Where `/healthz`, `/readyz` and `/metrics` are, in every role. */
  readonly probesUrl: string
  /** Resolves when the log was deleted or restored beneath this process, which can then only be stopped and started. */
  readonly logGone: Promise<void>
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
  const connection = await connectNats(options.natsUrl, `pharos ${hostname()} ${process.pid}`, config)
  started.defer(() => closeNats(connection))
  await ensureTopology(connection, config, logger)
  await migrate({ connectionString: options.databaseUrl })
  const pool = createPool({
    connectionString: options.databaseUrl,
    applicationName: 'pharos queries',
    onError: (error) => logger.warn({ err: error }, 'a connection to Postgres broke'),
  })
  started.defer(() => pool.end())

  const fenced = await FencedEventStore.open(await JetStreamEventStore.open(connection), connection)
  const personKeys = new KeyRing({
    bucket: await JetStreamKeyBucket.open(connection),
    masterKeys: options.masterKeys,
    uses: keyUsesIn(fenced),
  })
  const following = new AbortController()
  started.defer(() => following.abort())
  await followKeys(connection, personKeys, following.signal, (error) =>
    logger.warn({ err: error }, 'keys of people cannot be followed'),
  )
  const store = observeEventStore(new PersonalEventStore(fenced, personKeys))
  const logs = await openLogs(connection, store)
  const history = await openLogHistory(store, connection)
  const policy = createCaslPolicy()
  const metrics = new Metrics()
  const secrets = new ApiKeySecrets(secretKey)
  const book = new CredentialBook({
    log: store,
    onError: (error) => logger.warn({ err: error }, 'credentials of devices cannot be followed'),
  })
  started.defer(() => book.stop())
  const authenticator = new Authenticator({
    tokenKey: config.JWKS_URL === undefined ? secretTokenKey(secretKey) : remoteTokenKey(new URL(config.JWKS_URL)),
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    secrets,
    readAggregate: (subject) => store.readAggregate(subject),
    deviceOfKey: (apiKeyId) => book.ofApiKey(apiKeyId),
    now: Date.now,
  })
  const refusals = refusalsTo(connection, logger)
  started.defer(() => refusals.stop())
  const watch = new CheckpointWatch(pool)
  const { bus: plainBus, jobs, fleet } = await commandPortsOver(store, policy, config, { pool, watch })
  const bus = tellRefusals(observeCommandBus(plainBus, metrics), (one) => refusals.note(one))
  const onUnauthorized = unauthorizedTo(refusals, bus)
  const observations = observationPortsOver({ connection, store, bus: plainBus, logs, policy, config })
  const look = (): Promise<Survey> => survey({ connection, logs, pool })
  const names = streams.map(({ name }) => name)
  exposeInstallation({
    registry: metrics.registry,
    connection,
    pool,
    roles: config.PHAROS_ROLES,
    survey: look,
    streams: () => streamHealth(connection, names),
  })
  const readiness = async (): Promise<Readiness> => readinessOf(await look())
  const deviceKeys = await openDeviceKeys(keysDirOf(config), logger)
  const shared = {
    ...options,
    deviceKeys,
    book,
    devicePorts: await devicePortsOver({ connection, deviceKeys, book, onRefused: (one) => refusals.note(one) }),
    connection,
    store,
    personKeys,
    logs,
    history,
    pool,
    watch,
    bus,
    fleet,
    jobs,
    observations,
    onUnauthorized,
    policy,
    authenticator,
    secrets,
    metrics,
    readiness,
  }

  const roles = new Set(config.PHAROS_ROLES)
  for (const role of BEHIND_HTTP) if (roles.has(role)) started.use(await startRole[role](shared))
  const http = started.use(await startRole[roles.has('http') ? 'http' : 'probes'](shared))

  const running = started.move()
  return {
    connection,
    store,
    logs,
    pool,
    metrics,
    apiUrl: roles.has('http') ? http.url : undefined,
    probesUrl: http.url,
    logGone: fenced.gone,
    stop: () => running.disposeAsync(),
  }
}

async function ensureTopology(connection: NatsConnection, config: Config, logger: Logger): Promise<void> {
  for (const applied of await applyTopology(connection, streamsFor(config))) {
    if (applied.status === 'refused') throw new Error(`stream ${applied.stream} was left as it is: ${applied.reason}`)
    if (applied.status !== 'unchanged') logger.info({ stream: applied.stream }, `stream ${applied.status}`)
  }
}

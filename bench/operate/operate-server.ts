import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { KeyRing } from '../../commands/personal/key-ring.ts'
import { keyUsesIn } from '../../commands/personal/key-uses.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { PersonalEventStore } from '../../commands/personal/personal-event-store.ts'
import { tellRefusals } from '../../commands/refusals/tell-refusals.ts'
import { ApiKeySecrets } from '../../gateways/authentication/api-key-secrets.ts'
import { Authenticator } from '../../gateways/authentication/authenticator.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { secretTokenKey } from '../../gateways/authentication/token-key.ts'
import { commandPortsOver } from '../../gateways/cli/platform/command-ports.ts'
import { connectNats } from '../../gateways/cli/platform/connect-nats.ts'
import { configFromEnvironment } from '../../gateways/cli/platform/environment.ts'
import { refusalsTo } from '../../gateways/cli/platform/refusals.ts'
import { version } from '../../gateways/cli/platform/version.ts'
import { startCommandService } from '../../gateways/nats/command-service.ts'
import { createLogger } from '../../gateways/observability/logger.ts'
import { Metrics } from '../../gateways/observability/metrics.ts'
import { observeCommandBus } from '../../gateways/observability/observe-command-bus.ts'
import { observeEventStore } from '../../gateways/observability/observe-event-store.ts'
import { followKeys } from '../../infra/jetstream/follow-keys.ts'
import { JetStreamEventLog } from '../../infra/jetstream/jetstream-event-log.ts'
import { JetStreamEventStore } from '../../infra/jetstream/jetstream-event-store.ts'
import { JetStreamKeyBucket } from '../../infra/jetstream/jetstream-key-bucket.ts'
import { startTelemetry } from '../../infra/telemetry.ts'
import { runProjector } from '../../projections/run-projector.ts'
import { audit } from '../../projections/tables/audit.ts'

/**
 * `node operate-server.ts commands plain|sealed` or `… audit`: what `pharos serve` does in role `commands`, with or without
 * what it cannot be told to leave out; or the audit's projector alone. Ends with SIGTERM.
 */
const [role, store] = process.argv.slice(2)
const config = configFromEnvironment()
const secretKey = secretKeyBytes(config.SECRET_KEY ?? '')
startTelemetry(process.env)
const logger = createLogger('info')
const connection = await connectNats(config.NATS_URL?.join(',') ?? '', 'pharos bench server')
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

if (role === 'audit') {
  const log = await JetStreamEventLog.open(connection, 'EVENTS')
  const database = { connectionString: config.DATABASE_URL ?? '' }
  logger.info('ready')
  await runProjector(audit, { database, log, owner: 'bench' }, stopping.signal)
} else {
  const plain = await JetStreamEventStore.open(connection)
  const keys = new KeyRing({
    bucket: await JetStreamKeyBucket.open(connection),
    masterKeys: new MasterKeys([config.MASTER_KEY ?? '']),
    uses: keyUsesIn(plain),
  })
  if (store === 'sealed')
    await followKeys(connection, keys, stopping.signal, (error) => process.stderr.write(`${String(error)}\n`))
  const observed = observeEventStore(store === 'sealed' ? new PersonalEventStore(plain, keys) : plain)
  const metrics = new Metrics()
  const { bus } = await commandPortsOver(observed, createCaslPolicy(), config)
  const refusals = refusalsTo(connection, logger)
  const authenticator = new Authenticator({
    tokenKey: secretTokenKey(secretKey),
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    secrets: new ApiKeySecrets(secretKey),
    readAggregate: (subject) => observed.readAggregate(subject),
    now: Date.now,
  })
  const told = store === 'sealed' ? tellRefusals(bus, (refused) => refusals.note(refused)) : bus
  const maxInFlight = config.MAX_IN_FLIGHT
  await startCommandService(observeCommandBus(told, metrics), {
    connection,
    authenticator,
    logger,
    version,
    maxInFlight,
  })
  logger.info('ready')
}
stopping.signal.addEventListener('abort', () => process.exit(0))
if (stopping.signal.aborted) process.exit(0)

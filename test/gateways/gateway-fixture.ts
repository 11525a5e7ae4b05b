import { Pool } from 'pg'
import { ulid } from 'ulid'
import { apiKeys } from '../../commands/access/api-keys.ts'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { aliases } from '../../commands/alias/aliases.ts'
import { ChannelDirectory } from '../../commands/channel/channel-directory.ts'
import { channels } from '../../commands/channel/channels.ts'
import type { IngestPorts } from '../../commands/observation/ingest-ports.ts'
import { aliasJobs } from '../../commands/alias-jobs/alias-jobs.ts'
import type { JobPorts } from '../../commands/alias-jobs/job-ports.ts'
import { fleet } from '../../commands/fleet/fleet.ts'
import { createCommandBus } from '../../commands/command-bus.ts'
import { commandHandler } from '../../commands/handle-command.ts'
import { InMemoryEventStore } from '../../commands/in-memory-event-store.ts'
import { ApiKeySecrets } from '../../gateways/authentication/api-key-secrets.ts'
import { Authenticator } from '../../gateways/authentication/authenticator.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import { secretTokenKey } from '../../gateways/authentication/token-key.ts'
import { EventFeed } from '../../gateways/feed/event-feed.ts'
import { FEED_SUBJECTS } from '../../gateways/feed/feed-item.ts'
import { createLogger } from '../../gateways/observability/logger.ts'
import { Metrics } from '../../gateways/observability/metrics.ts'
import { observeCommandBus } from '../../gateways/observability/observe-command-bus.ts'
import { observeQueryBus } from '../../gateways/observability/observe-query-bus.ts'
import { createQueryBus } from '../../gateways/query-bus.ts'
import type { Queries } from '../../gateways/queries.ts'
import { PastAliases } from '../../projections/as-of/past-aliases.ts'
import type { Role } from '../../schemas/actor.ts'
import { epoch } from '../../schemas/position.ts'
import type { Scope } from '../../schemas/scope.ts'
import { logHistory } from '../support/log-history.ts'
import { replayingQueries } from './replaying-queries.ts'

const START = Date.parse('2026-03-01T12:00:00Z')
export const SECRET = 'a secret for tests only, 32 bytes or more'
const claims = { issuer: 'pharos', audience: 'pharos' }

/** Everything that gateways are given, over a log in memory, with a clock that stands until it is moved. */
export function gatewayFixture(queries: Partial<Queries> = {}) {
  let at = START
  const now = () => at
  const lines: string[] = []
  const store = new InMemoryEventStore(epoch.parse('01KHZZZZZZZZZZZZZZZZZZZZZZ'))
  // Lists and histories of the past are for tests with a database.
  const past = new PastAliases(logHistory(store), new Pool())
  const policy = createCaslPolicy()
  const metrics = new Metrics()
  const handlerPorts = {
    store,
    policy,
    now,
    newId: () => ulid(),
    epoch: epoch.parse('01KHZZZZZZZZZZZZZZZZZZZZZZ'),
    source: 'test',
    cacheSize: 1_000,
  }
  const aliasHandler = commandHandler(aliases, handlerPorts)
  const bus = createCommandBus([
    aliasHandler,
    commandHandler(apiKeys, handlerPorts),
    commandHandler(channels, handlerPorts),
    commandHandler(fleet, handlerPorts),
  ])
  const jobHandler = commandHandler(aliasJobs, handlerPorts)
  const jobs: JobPorts = { store, aliases: aliasHandler, jobs: jobHandler, policy, lookAlikes: 'refuse', now }
  const secretKey = secretKeyBytes(SECRET)
  const apiKeySecrets = new ApiKeySecrets(secretKey)
  const readAggregate: typeof store.readAggregate = (subject) => store.readAggregate(subject)
  const feed = new EventFeed({ log: store, subjects: FEED_SUBJECTS, retry: 10, onError: () => undefined })
  const published: { readonly subject: string; readonly body: string }[] = []
  const observations: IngestPorts = {
    directory: new ChannelDirectory({ store }),
    stream: {
      publish: async (subject, body) => published.push({ subject, body }),
      epoch: async () => '01KHZZZZZZZZZZZZZZZZZZZZZZ',
    },
    policy,
    now,
    maxAheadMs: 300_000,
  }
  return {
    store,
    observations,
    /** What stream `TELEMETRY` was given. */
    published,
    feed,
    policy,
    metrics,
    apiKeySecrets,
    jobs,
    bus: observeCommandBus(bus, metrics),
    queries: observeQueryBus(
      createQueryBus({ queries: { ...replayingQueries(store), ...queries }, past, policy, now }),
      metrics,
    ),
    authenticator: new Authenticator({
      secrets: apiKeySecrets,
      readAggregate,
      now,
      tokenKey: secretTokenKey(secretKey),
      ...claims,
    }),
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
    lines,
    now,
    advance: (ms: number) => void (at += ms),
    token: (roles: readonly Role[], sub = 'ada', scopes?: readonly Scope[]) =>
      issueToken(secretKey, {
        sub,
        roles,
        ttlSeconds: 3600,
        at,
        ...claims,
        ...(scopes === undefined ? {} : { scopes }),
      }),
  }
}

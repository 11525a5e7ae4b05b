import type { AddressInfo } from 'node:net'
import { newUlid } from '../../../../schemas/new-ulid.ts'
import { EventFeed } from '../../../feed/event-feed.ts'
import { createHttpServer } from '../../../http/create-http-server.ts'
import { queryBusOver } from '../query-bus-over.ts'
import { version } from '../version.ts'
import type { RoleParts } from './role.ts'

/** Of one process; a beat is well within what proxies and this server allow a connection to be silent. */
const STREAMS = { streamsPerCredential: 20, streams: 1000, beatMs: 15_000 }

/** Role `http`: the REST gateway. @throws Error that names the port when it is taken. */
export async function startHttpRole(parts: RoleParts): Promise<AsyncDisposable & { readonly url: string }> {
  const { config, embedded, metrics, logger } = parts
  const feed = new EventFeed({
    log: parts.store,
    subjects: ['evt.alias.>'],
    onError: (error) => logger.warn({ err: error }, 'the log cannot be read for event streams; trying again'),
  })
  const server = await createHttpServer({
    bus: parts.bus,
    queries: queryBusOver(parts),
    feed,
    authenticator: parts.authenticator,
    policy: parts.policy,
    apiKeySecrets: parts.secrets,
    readiness: parts.readiness,
    metrics: {
      ...(config.PROMETHEUS_ENABLED ? { registry: metrics.registry } : {}),
      meanQueryMs: () => metrics.meanQueryMs(),
    },
    logger,
    newId: newUlid,
    version,
    limits: { requestsPerMinute: config.RATE_LIMIT, ...STREAMS },
    openDocs: config.OPEN_DOCS ?? embedded,
  })
  const host = config.API_HOST ?? (embedded ? '127.0.0.1' : '0.0.0.0')
  try {
    await server.listen({ host, port: config.API_PORT })
  } catch (error) {
    await server.close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Error(
        `port ${config.API_PORT} of ${host} is taken: stop what listens there, or choose another with API_PORT (0: any)`,
        { cause: error },
      )
    throw error
  }
  const { port } = server.server.address() as AddressInfo
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host
  return {
    url: `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`,
    async [Symbol.asyncDispose]() {
      await server.close()
      await feed.close()
    },
  }
}

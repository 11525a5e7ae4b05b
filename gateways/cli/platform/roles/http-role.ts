import type { AddressInfo } from 'node:net'
import { newUlid } from '../../../../schemas/new-ulid.ts'
import { createHttpServer } from '../../../http/create-http-server.ts'
import { queryBusOver } from '../query-bus-over.ts'
import { version } from '../version.ts'
import type { RoleParts } from './role.ts'

/** Role `http`: the REST gateway. @throws Error that names the port when it is taken. */
export async function startHttpRole(parts: RoleParts): Promise<AsyncDisposable & { readonly url: string }> {
  const { config, embedded, metrics, logger } = parts
  const server = await createHttpServer({
    bus: parts.bus,
    jobs: parts.jobs,
    queries: queryBusOver(parts),
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
    limits: { requestsPerMinute: config.RATE_LIMIT },
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
    },
  }
}

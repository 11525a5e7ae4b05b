import { readFileSync } from 'node:fs'
import type { ProbeDependencies } from '../../../http/http-dependencies.ts'
import type { RoleParts } from './role.ts'

/** What an HTTP server of this process needs for its probes, from the parts of a role. */
export function probeParts(parts: RoleParts): ProbeDependencies {
  const { authenticator, config, embedded, logger, metrics, policy, readiness } = parts
  return {
    authenticator,
    policy,
    readiness,
    metrics: {
      ...(config.PROMETHEUS_ENABLED ? { registry: metrics.registry } : {}),
      request: (...answered) => metrics.request(...answered),
      meanQueryMs: () => metrics.meanQueryMs(),
    },
    logger,
    limits: { requestsPerMinute: config.RATE_LIMIT },
    tls: certificateOf(config),
    openDocs: config.OPEN_DOCS ?? embedded,
  }
}

function certificateOf({ API_TLS_CERT, API_TLS_KEY }: RoleParts['config']): ProbeDependencies['tls'] {
  if (API_TLS_CERT === undefined || API_TLS_KEY === undefined) return undefined
  return { cert: readFileSync(API_TLS_CERT, 'utf8'), key: readFileSync(API_TLS_KEY, 'utf8') }
}

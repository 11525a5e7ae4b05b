import type { Actor } from '../../schemas/actor.ts'
import type { ProbeDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { sendProblem } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a credential. */
    open?: boolean
  }
  interface FastifyRequest {
    /** Who acts, as the credential proves. Nobody on open routes, which must not ask. */
    actor: Actor
  }
}

const MINUTE_MS = 60_000
const NOBODY: Actor = { id: '' as Actor['id'], roles: [] }

/**
 * Demands a credential on every route that is not `open`, also on those that do not exist. Limits the requests of each
 * credential, and the failed attempts of each address: keys cannot be guessed at leisure, nor good ones locked out.
 */
export async function authenticateRequests(
  app: HttpServer,
  { authenticator, limits, openDocs, onUnauthorized }: ProbeDependencies,
): Promise<void> {
  const max = limits.requestsPerMinute
  const ofActor = app.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator: (request) => request.actor.id })
  const failures = app.createRateLimit({ max, timeWindow: MINUTE_MS })

  app.decorateRequest('actor')
  app.addHook('onRoute', (route) => {
    if (openDocs && (route.url === '/docs' || route.url.startsWith('/docs/')))
      route.config = { ...route.config, open: true }
  })
  app.addHook('onRequest', async (request, reply) => {
    request.actor = NOBODY
    if (request.routeOptions.config.open === true) return
    const { authorization, 'x-api-key': apiKeys } = request.headers
    const apiKey = Array.isArray(apiKeys) ? apiKeys.join() : apiKeys
    const known = authenticator.remembered(authorization, apiKey)
    const attempt = known === undefined ? await failures(request, { increment: false }) : undefined
    if (attempt?.isAllowed === false && attempt.remaining === 0) return tooMany(attempt.ttlInSeconds)
    const outcome =
      known === undefined
        ? await authenticator.authenticate(authorization, apiKey)
        : ({ status: 'ok', actor: known } as const)
    switch (outcome.status) {
      case 'unauthorized':
        await failures(request)
        if (!READS.has(request.method)) onUnauthorized?.(commandOf(request.url), outcome.message)
        reply.header('www-authenticate', 'Bearer realm="pharos"')
        return sendProblem(reply, { status: 401, code: 'unauthorized', detail: outcome.message })
      case 'unavailable':
        return sendProblem(reply, { status: 503, code: 'unavailable', detail: outcome.message })
      case 'ok': {
        request.actor = outcome.actor
        const use = await ofActor(request)
        return !use.isAllowed && use.isExceeded ? tooMany(use.ttlInSeconds) : undefined
      }
    }

    function tooMany(seconds: number) {
      reply.header('retry-after', seconds)
      return sendProblem(reply, {
        status: 429,
        code: 'too_many_requests',
        detail: `at most ${max} requests in a minute`,
      })
    }
  })
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The command that a path names; REST routes name none before their body is read. */
function commandOf(url: string): string {
  return /^\/api\/commands\/([a-z-]+\.[a-z-]+)(?:\?|$)/.exec(url)?.[1] ?? ''
}

import { createHash, timingSafeEqual } from 'node:crypto'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Registry } from 'prom-client'
import type { Agent } from '../agent.ts'
import type { RunningObservations } from '../observations/start-observations.ts'
import { observationRoute } from './observation-route.ts'
import type { SyncStatus } from '../observe/sync-status.ts'

export interface ApiDependencies {
  readonly agent: Pick<Agent, 'trigger'>
  readonly status: SyncStatus
  readonly registry: Registry
  readonly deviceId: string
  readonly isConnected: () => boolean
  /** What callers must show, but for `/healthz`; without one everybody on this machine may ask. */
  readonly token: string | undefined
  /** Observations on this device; absent where none are kept. */
  readonly observations?: Pick<RunningObservations, 'record' | 'status'> | undefined
}

/** Longest that `POST /sync/now?wait=true` holds its answer back, in milliseconds: what waits in between often gives up after a minute. */
const WAIT_MS = 55_000

/** The device's own API: `/healthz`, `/metrics`, `/status`, `POST /sync/now`, `POST /observations`. The caller listens and closes. */
export function createApi({
  agent,
  status,
  registry,
  deviceId,
  isConnected,
  token,
  observations,
}: ApiDependencies): FastifyInstance {
  const app = Fastify({
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024,
    requestTimeout: 10_000,
    connectionTimeout: 60_000,
  })
  app.addHook('onRequest', async (request, reply) => {
    if (token === undefined || request.routeOptions.url === '/healthz') return
    if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`))
      return reply
        .code(401)
        .type('application/problem+json')
        .send({ status: 401, code: 'unauthorized', title: 'Unauthorized' })
  })

  // Alive: what is away comes back without a restart, and the last good data is served by Postgres all the while.
  app.get('/healthz', () => ({ status: 'ok' }))

  app.get('/status', async () => ({
    deviceId,
    central: isConnected() ? 'connected' : 'away',
    running: status.running ?? null,
    last: status.last ?? null,
    lastSuccess: status.lastSuccess ?? null,
    alarms: Object.fromEntries(status.alarms),
    observations: (await observations?.status()) ?? null,
  }))

  app.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()))

  app.post<{ Querystring: { wait?: string } }>('/sync/now', async (request, reply) => {
    const wasRunning = status.running !== undefined
    const flight = agent.trigger('request')
    const begun = { status: wasRunning ? 'joined' : 'started' }
    if (request.query.wait !== 'true') return reply.code(202).send(begun)
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(resolve, WAIT_MS, undefined)
    try {
      const outcome = await Promise.race([flight, late])
      return await reply.code(outcome === undefined ? 202 : 200).send(outcome ?? begun)
    } finally {
      clearTimeout(timer)
    }
  })
  if (observations !== undefined) observationRoute(app, observations)
  return app
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

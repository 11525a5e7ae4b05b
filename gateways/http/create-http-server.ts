import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import rateLimit from '@fastify/rate-limit'
import Fastify, { LogController } from 'fastify'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { randomUUID } from 'node:crypto'
import { accessRoutes } from './access-routes.ts'
import { aliasBulkRoutes } from './alias-bulk-routes.ts'
import { aliasExportRoutes } from './alias-export-routes.ts'
import { aliasImportRoutes } from './alias-import-routes.ts'
import { aliasJobRoutes } from './alias-job-routes.ts'
import { aliasQueryRoutes } from './alias-query-routes.ts'
import { aliasRoutes } from './alias-routes.ts'
import { authenticateRequests } from './authenticate-requests.ts'
import { BODY_LIMIT } from './body-limits.ts'
import { commandRoutes } from './command-routes.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { limitArrival } from './limit-arrival.ts'
import { openApi } from './open-api.ts'
import { answerFrameworkError, answerProblems } from './problems.ts'
import { probeRoutes } from './probe-routes.ts'
import { rollbackRoutes } from './rollback-routes.ts'
import { securityHeaders } from './security-headers.ts'

/** Longest that a request may take to arrive, in milliseconds; and one with a file. */
const ARRIVAL_MS = 30_000
const REQUEST_TIMEOUT_MS = 3_600_000
const CONNECTION_TIMEOUT_MS = 60_000
/** Longest path parameter, in characters: a name of 255 characters, each of up to 4 bytes and `%HH` per byte. */
const MAX_PARAM_LENGTH = 255 * 4 * 3

/**
 * The REST gateway: commands, queries, probes, and their OpenAPI at `/docs`. Everything but `/healthz`, `/readyz` and
 * `/api/aliases/health` needs a credential (`/docs` too, unless `openDocs`); errors are RFC 9457 problems.
 * The caller listens and closes; `close()` lets what has arrived be answered.
 */
export async function createHttpServer(dependencies: HttpDependencies): Promise<HttpServer> {
  const app: HttpServer = Fastify({
    loggerInstance: dependencies.logger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerFrameworkError,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    genReqId: () => randomUUID(),
  }).withTypeProvider<ZodTypeProvider>()

  app.setValidatorCompiler(validatorCompiler)
  // What we answer is typed; its schemas describe it to others and need not run on every reply.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  answerProblems(app)
  securityHeaders(app)
  logRequests(app)
  limitArrival(app, dependencies.limits.arrivalMs ?? ARRIVAL_MS)
  await app.register(rateLimit, { global: false })
  await authenticateRequests(app, dependencies)
  await app.register(swagger, {
    openapi: openApi(dependencies.version),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })

  probeRoutes(app, dependencies)
  commandRoutes(app, dependencies)
  aliasQueryRoutes(app, dependencies)
  aliasRoutes(app, dependencies)
  aliasBulkRoutes(app, dependencies)
  await aliasImportRoutes(app, dependencies)
  aliasExportRoutes(app, dependencies)
  aliasJobRoutes(app, dependencies)
  rollbackRoutes(app, dependencies)
  accessRoutes(app, dependencies)
  return app
}

function logRequests(app: HttpServer): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url
    request.log.debug({ method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime }, 'answered')
    done()
  })
}

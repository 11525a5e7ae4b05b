import rateLimit from '@fastify/rate-limit'
import Fastify, { LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { randomUUID } from 'node:crypto'
import { authenticateRequests } from './authenticate-requests.ts'
import { BODY_LIMIT } from './body-limits.ts'
import type { HttpServer } from './http-server.ts'
import type { ProbeDependencies } from './http-dependencies.ts'
import { limitArrival } from './limit-arrival.ts'
import { nodeServer } from './node-server.ts'
import { observeRequests } from './observe-requests.ts'
import { answerFrameworkError, answerProblems } from './problems.ts'
import { schemaCompilers } from './schema-compilers.ts'
import { securityHeaders } from './security-headers.ts'

/** Longest path parameter, in characters: a name of 255 characters, each of up to 4 bytes and `%HH` per byte. */
const MAX_PARAM_LENGTH = 255 * 4 * 3

/** A server without routes that is as every server of ours: bounded, timed, authenticated, with problems as answers. */
export async function baseServer(dependencies: ProbeDependencies): Promise<HttpServer> {
  const app: HttpServer = Fastify({
    serverFactory: (handler) => nodeServer(handler, dependencies),
    loggerInstance: dependencies.logger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerFrameworkError,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    genReqId: () => randomUUID(),
    schemaController: { compilersFactory: schemaCompilers },
  }).withTypeProvider<ZodTypeProvider>()

  answerProblems(app)
  securityHeaders(app)
  observeRequests(app, dependencies.metrics)
  limitArrival(app, dependencies.limits)
  await app.register(rateLimit, { global: false })
  await authenticateRequests(app, dependencies)
  return app
}

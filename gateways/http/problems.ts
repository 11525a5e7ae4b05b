import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { STATUS_CODES } from 'node:http'
import type { Violation } from '../../schemas/command.ts'
import { PROBLEM_JSON, type Problem } from '../../schemas/problem.ts'
import { MUST_BE_JSON } from '../parse-json.ts'
import type { HttpServer } from './http-server.ts'

/** What a problem says beyond its status; see {@link Problem}. */
export interface Fault extends Partial<Pick<Problem, 'expected' | 'actual' | 'lag' | 'violations'>> {
  readonly status: number
  readonly code: string
  readonly detail: string
}

/** How long to wait before trying again, in seconds, where the server is what failed. */
const RETRY_AFTER_S = 2

/** Answers with a problem document. */
export function sendProblem(
  reply: FastifyReply,
  { status, code, detail, violations = [], ...rest }: Fault,
): FastifyReply {
  const problem: Problem = {
    type: `urn:pharos:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    instance: reply.request.id,
    code,
    violations,
    ...rest,
  }
  if (status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S)
  // Serialized here: a route's schemas are about its good answers.
  return reply.code(status).header('content-type', PROBLEM_JSON).send(JSON.stringify(problem))
}

/** Whatever goes wrong in the server is answered as a problem too, and says nothing of how the server is built. */
export function answerProblems(app: HttpServer): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, {
      status: 404,
      code: 'not_found',
      detail: `there is no ${request.method} ${request.url.split('?')[0]}`,
    }),
  )
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const fault = faultOf(error, request)
    if (fault.status >= 500) request.log.error({ err: error }, 'a request failed')
    return sendProblem(reply, fault)
  })
}

/** For what is refused before it has a route, such as a path that cannot be decoded: no hook of ours has run. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void sendProblem(reply.header('x-request-id', request.id), faultOf(error, request))
}

function faultOf(error: FastifyError, request: FastifyRequest): Fault {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const violations = error.validation.map(({ instancePath, message }): Violation => {
      const path = instancePath.split('/').filter((part) => part !== '')
      return {
        field: [WHERE[error.validationContext ?? ''] ?? 'body', ...path].join('.'),
        message: message ?? 'is not valid',
      }
    })
    return { status: 400, code: 'invalid_request', detail: 'the request is not valid', violations }
  }
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return body(400, 'invalid_json', `the body ${MUST_BE_JSON}`)
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return body(413, 'body_too_large', `the body is larger than ${request.routeOptions.bodyLimit} bytes`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return body(415, 'unsupported_media_type', 'the body must be application/json')
  }
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) return { status, code: 'invalid_request', detail: error.message }
  if (status === 503) return { status, code: 'unavailable', detail: 'the server is shutting down' }
  return {
    status: 500,
    code: 'internal',
    detail: `this is a fault of the server; its log says more about request ${request.id}`,
  }
}

/** Where a request's part stands, as the sender knows it. */
const WHERE: Readonly<Record<string, string>> = {
  body: 'body',
  params: 'path',
  querystring: 'query',
  headers: 'header',
}

function body(status: number, code: string, detail: string): Fault {
  return { status, code, detail, violations: [{ field: 'body', message: detail }] }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { commandResult } from '../../schemas/command.ts'
import { bulkCreateBody, bulkDeleteBody, type BulkOperations } from '../../schemas/http/alias-bulk.ts'
import { readTraceparent } from '../observability/traceparent.ts'
import { SET_BODY_LIMIT } from './body-limits.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendCommandResult } from './send-command-result.ts'

const response = answers({ 200: commandResult, 201: commandResult }, 400, 401, 403, 404, 409, 413, 422, 429, 503)

interface Sender {
  readonly commandId?: string | undefined
  readonly dryRun?: boolean | undefined
}

/** Several aliases at once, as one change set: all or none. */
export function aliasBulkRoutes(app: HttpServer, { bus, newId }: HttpDependencies): void {
  const shared = { tags: ['aliases'], response }

  app.post(
    '/api/aliases/bulk/create',
    {
      bodyLimit: SET_BODY_LIMIT,
      schema: { ...shared, summary: 'Register aliases, all or none', body: bulkCreateBody },
    },
    async (request, reply) => {
      const operations = request.body.aliases.map((alias) => ({ op: 'register' as const, ...alias }))
      return apply(request, reply, operations, request.body, 201)
    },
  )

  app.post(
    '/api/aliases/bulk/delete',
    { bodyLimit: SET_BODY_LIMIT, schema: { ...shared, summary: 'Remove aliases, all or none', body: bulkDeleteBody } },
    async (request, reply) => {
      const operations = request.body.aliases.map((alias) => ({ op: 'remove' as const, ...alias }))
      return apply(request, reply, operations, request.body, 200)
    },
  )

  async function apply(
    request: FastifyRequest,
    reply: FastifyReply,
    operations: BulkOperations,
    { commandId = newId(), dryRun = false }: Sender,
    created: 200 | 201,
  ) {
    const header = request.headers['traceparent']
    const traceparent = readTraceparent(Array.isArray(header) ? header[0] : header)
    const result = await bus.dispatch({
      type: 'alias.apply-change-set',
      // Through JSON, as over every gateway: what is `undefined` here is left out there.
      body: JSON.parse(JSON.stringify({ commandId, data: { operations }, dryRun })),
      actor: request.actor,
      ...(traceparent === undefined ? {} : { traceparent }),
    })
    // The sender speaks of aliases, not of operations.
    if (result.status !== 'rejected') return sendCommandResult(reply, result, created)
    const inBody = (text: string): string => text.replace(/^(data\.)?operations\b/, 'aliases')
    const violations = result.violations.map(({ field, message }) => ({ field: inBody(field), message }))
    return sendCommandResult(reply, { ...result, message: inBody(result.message), violations })
  }
}

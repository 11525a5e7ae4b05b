import { validatorCompiler } from 'fastify-type-provider-zod'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { commandRequest, commandResult } from '../../schemas/command.ts'
import { commandData } from '../../schemas/commands/command-data.ts'
import { readTraceparent } from '../observability/traceparent.ts'
import { BODY_LIMIT, SET_BODY_LIMIT } from './body-limits.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendCommandResult } from './send-command-result.ts'

const querystring = z.object({
  dryRun: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .describe('Decide and answer, but write nothing'),
})

/** `POST /api/commands/<context>.<verb>`: any command, as over NATS. */
export function commandRoutes(app: HttpServer, { bus }: HttpDependencies): void {
  const shapes = new Map<string, z.ZodType>(Object.entries(commandData))
  const response = answers({ 200: commandResult }, 400, 401, 403, 404, 409, 412, 413, 422, 429, 503)

  for (const type of bus.types) {
    const body = commandRequest.extend({ data: shapes.get(type) ?? commandRequest.shape.data })
    app.post(`/api/commands/${type}`, {
      bodyLimit: type === 'alias.apply-change-set' ? SET_BODY_LIMIT : BODY_LIMIT,
      schema: { tags: ['commands'], summary: type, operationId: type, querystring, body, response },
      // The bus reads the body, as it does for every gateway: one command has one digest, however it came.
      validatorCompiler: ({ httpPart }) =>
        httpPart === 'body'
          ? (value) => ({ value })
          : validatorCompiler({ schema: querystring, method: 'POST', url: type }),
      handler: (request, reply) => dispatch(type, request.query, request, reply),
    })
  }

  const params = z.object({ type: z.string() })
  app.post('/api/commands/:type', { schema: { hide: true, querystring, params } }, (request, reply) =>
    dispatch(request.params.type, request.query, request, reply),
  )

  async function dispatch(
    type: string,
    query: z.infer<typeof querystring>,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const { body, actor, headers } = request
    const dry = query.dryRun === 'true' && typeof body === 'object' ? { ...body, dryRun: true } : body
    const header = headers['traceparent']
    const traceparent = readTraceparent(Array.isArray(header) ? header[0] : header)
    return sendCommandResult(
      reply,
      await bus.dispatch({ type, body: dry, actor, ...(traceparent === undefined ? {} : { traceparent }) }),
    )
  }
}

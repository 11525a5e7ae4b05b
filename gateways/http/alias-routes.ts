import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type CommandResult, commandResult, violation } from '../../schemas/command.ts'
import type { AliasCommandType } from '../../schemas/commands/alias.ts'
import { type AliasPath, aliasPath, type PlaceQuery, placeQuery, scopeOf } from '../../schemas/http/alias-path.ts'
import { changeBody, changeOf, registerBody, removeQuery } from '../../schemas/http/aliases.ts'
import type { Scope } from '../../schemas/scope.ts'
import { readTraceparent } from '../observability/traceparent.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'
import { sendCommandResult } from './send-command-result.ts'

const tags = ['aliases']
const problems = [400, 401, 403, 404, 409, 412, 413, 422, 429, 503] as const
const response = answers({ 200: commandResult, 201: commandResult }, ...problems)
const headers = z.looseObject({
  'if-match': z
    .string()
    .regex(/^("[0-9]{1,15}"|\*)$/, 'must be the ETag of the alias, such as "42"')
    .optional(),
})

interface Change {
  readonly type: AliasCommandType
  readonly data: object
  readonly commandId?: string | undefined
  readonly dryRun?: boolean | undefined
}

/** Changes to aliases the REST way; each is one command, and is answered as such. */
export function aliasRoutes(app: HttpServer, { bus, newId }: HttpDependencies): void {
  app.post(
    '/api/aliases',
    { schema: { tags, summary: 'Register an alias', body: registerBody, response } },
    async (request, reply) => {
      const { commandId, dryRun, ...data } = request.body
      return sendCommandResult(reply, await dispatch(request, { type: 'alias.register', data, commandId, dryRun }), 201)
    },
  )

  const verdict = z.object({
    valid: z.boolean(),
    code: z.string().optional(),
    message: z.string().optional(),
    violations: z.array(violation),
  })
  app.post(
    '/api/aliases/validate',
    {
      schema: {
        tags,
        summary: 'Whether an alias could be registered',
        body: registerBody,
        response: answers({ 200: verdict }, ...problems),
      },
      // A body that is not valid is what is asked about here, and no error.
      validatorCompiler: () => (value) => ({ value }),
    },
    async (request, reply) => {
      const result = await dispatch(request, { type: 'alias.register', data: request.body, dryRun: true })
      if (result.status === 'accepted') return { valid: true, violations: [] }
      if (result.status !== 'rejected') return sendCommandResult(reply, result)
      const violations = result.violations.map(({ field, message }) => ({
        field: field.replace(/^data\./, ''),
        message,
      }))
      return { valid: false, code: result.code, message: result.message, violations }
    },
  )

  const one = { tags, params: aliasPath, headers, response }
  app.put(
    '/api/aliases/:context/:alias',
    { schema: { ...one, summary: 'Change an alias', querystring: placeQuery, body: changeBody } },
    async (request, reply) => {
      const { commandId, dryRun } = request.body
      const change = changeOf(request.body)
      if (change === undefined)
        return refuse(
          reply,
          'body',
          'name exactly one change: target, newName, description and metadata, expiresAt, owner or enabled',
        )
      return onSlot(request, reply, { ...change, commandId, dryRun })
    },
  )

  app.delete(
    '/api/aliases/:context/:alias',
    { schema: { ...one, summary: 'Remove an alias', querystring: placeQuery.extend(removeQuery.shape) } },
    (request, reply) => {
      const { commandId, dryRun } = request.query
      return onSlot(request, reply, { type: 'alias.remove', data: {}, commandId, dryRun: dryRun === 'true' })
    },
  )

  async function onSlot(
    request: FastifyRequest & { params: AliasPath; query: PlaceQuery },
    reply: FastifyReply,
    change: Change,
  ) {
    const read = scopeOf(request.params, request.query)
    if (!('scope' in read)) return refuse(reply, read.field, read.message)
    const slot: { scope: Scope; name: string } = { scope: read.scope, name: request.params.alias }
    return sendCommandResult(reply, await dispatch(request, { ...change, data: { ...slot, ...change.data } }))
  }

  function dispatch(
    request: FastifyRequest,
    { type, data, commandId = newId(), dryRun = false }: Change,
  ): Promise<CommandResult> {
    const revision = /^"([0-9]+)"$/.exec(request.headers['if-match'] ?? '')?.[1]
    const header = request.headers['traceparent']
    const traceparent = readTraceparent(Array.isArray(header) ? header[0] : header)
    return bus.dispatch({
      type,
      // Through JSON, as over every gateway: what is `undefined` here is left out there.
      body: JSON.parse(
        JSON.stringify({
          commandId,
          data,
          dryRun,
          ...(revision === undefined ? {} : { expectedRevision: Number(revision) }),
        }),
      ),
      actor: request.actor,
      ...(traceparent === undefined ? {} : { traceparent }),
    })
  }
}

function refuse(reply: FastifyReply, field: string, message: string): FastifyReply {
  return sendProblem(reply, { status: 400, code: 'invalid_request', detail: message, violations: [{ field, message }] })
}

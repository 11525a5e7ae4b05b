import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { indexScopeText } from '../../schemas/http/index-scope-text.ts'
import { positionText } from '../../schemas/position.ts'
import { aliasIndexQueryAnswer } from '../../schemas/queries/alias-index.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendQueryResult } from './send-query-result.ts'

const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
const params = z.object({ scope: indexScopeText.describe('global, site:<site> or context:<context>') })
const page = {
  cursor: z.string().optional(),
  limit: z.coerce.number('must be a whole number from 1 to 1000').int().min(1).max(1000).default(100),
}
const version = z.coerce.number('must be a version number').int('must be a version number').min(1)
const problems = [400, 401, 403, 404, 429, 503, 504] as const

/** The versions of the alias index, and what changed between two of them. */
export function aliasIndexRoutes(app: HttpServer, { queries }: HttpDependencies): void {
  const tags = ['alias index']

  app.get(
    '/api/alias-index/:scope/versions',
    {
      schema: {
        tags,
        summary: 'Versions of the index of a scope, newest first',
        params,
        querystring: z.object(page),
        headers,
        response: answers({ 200: aliasIndexQueryAnswer['alias.versions'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'alias.versions', { scope: request.params.scope, ...request.query }),
  )

  app.get(
    '/api/alias-index/:scope/diff',
    {
      schema: {
        tags,
        summary: 'What of the index of a scope is other at version "to" than at version "from"',
        params,
        querystring: z.object({ from: version, to: version, ...page }),
        headers,
        response: answers({ 200: aliasIndexQueryAnswer['alias.diff'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'alias.diff', { scope: request.params.scope, ...request.query }),
  )

  async function ask(
    request: FastifyRequest,
    reply: FastifyReply,
    type: 'alias.versions' | 'alias.diff',
    data: object,
  ) {
    const minPosition = request.headers['pharos-min-position']
    const result = await queries.ask({ type, body: { data, minPosition }, actor: request.actor })
    return sendQueryResult(reply, result, (value) => value)
  }
}

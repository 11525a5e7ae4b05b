import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type AliasPath, aliasPath, type PlaceQuery, placeQuery, scopeOf } from '../../schemas/http/alias-path.ts'
import { listQuery, resolution } from '../../schemas/http/aliases.ts'
import { asOfText } from '../../schemas/as-of.ts'
import { positionText } from '../../schemas/position.ts'
import { aliasQueryAnswer, type AliasQueryType, aliasView } from '../../schemas/queries/alias.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'
import { sendQueryResult } from './send-query-result.ts'

const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
/** `asOf` beside whatever else a query takes. */
const past = { asOf: asOfText.optional().describe('As of a position (as a reply carried it) or a time (RFC 3339)') }
const pageQuery = listQuery.pick({ cursor: true, limit: true })
const problems = [400, 401, 403, 404, 429, 503, 504] as const

/** What can be asked about aliases. */
export function aliasQueryRoutes(app: HttpServer, { queries, metrics, version, readiness }: HttpDependencies): void {
  const tags = ['aliases']

  app.get(
    '/api/aliases/health',
    {
      config: { open: true },
      schema: { tags, security: [], summary: 'Alive', response: { 200: z.object({ status: z.literal('ok') }) } },
    },
    () => ({
      status: 'ok' as const,
    }),
  )

  const status = z.object({
    status: z.object({ service: z.string(), version: z.string(), health: z.enum(['healthy', 'degraded']) }),
  })
  app.get(
    '/api/aliases/status',
    { schema: { tags, summary: 'What runs here, and how it is', response: answers({ 200: status }, 401, 429) } },
    async () => {
      const { ready, degraded } = await readiness()
      const health = ready && degraded.length === 0 ? ('healthy' as const) : ('degraded' as const)
      return { status: { service: 'Pharos', version, health } }
    },
  )

  const counts = z.object({
    metrics: z.object({ total_aliases: z.int(), active_aliases: z.int(), response_time_ms: z.number() }),
  })
  app.get(
    '/api/aliases/metrics',
    {
      schema: { tags, summary: 'How many aliases there are', headers, response: answers({ 200: counts }, ...problems) },
    },
    (request, reply) =>
      ask(request, reply, 'alias.count', {}, (value) => {
        const { total, active } = aliasQueryAnswer['alias.count'].parse(value)
        return {
          metrics: {
            total_aliases: total,
            active_aliases: active,
            response_time_ms: Math.round(metrics.meanQueryMs() * 1000) / 1000,
          },
        }
      }),
  )

  app.get(
    '/api/aliases/resolve/:context/:alias',
    {
      schema: {
        tags,
        summary: 'What a name stands for',
        params: aliasPath,
        querystring: placeQuery.extend(past),
        headers,
        response: answers({ 200: resolution }, ...problems),
      },
    },
    (request, reply) =>
      inScope(request, reply, (from) =>
        ask(request, reply, 'alias.resolve', { from, name: request.params.alias }, (value) => {
          const { target, scope, name, aliasId, expiresAt } = aliasView.parse(value)
          return cached(request, reply, {
            canonical_name: target.kind === 'channel' ? target.channelId : target.url,
            target,
            scope,
            name,
            aliasId,
            expiresAt,
          })
        }),
      ),
  )

  app.get(
    '/api/aliases',
    {
      schema: {
        tags,
        summary: 'Aliases, in order of scope and name',
        querystring: listQuery.extend(past),
        headers,
        response: answers({ 200: aliasQueryAnswer['alias.list'] }, ...problems),
      },
    },
    (request, reply) => {
      const { asOf: _, ...filter } = request.query
      return ask(request, reply, 'alias.list', filter, (value) => value)
    },
  )

  app.get(
    '/api/aliases/:context/:alias',
    {
      schema: {
        tags,
        summary: 'One alias, enabled or not',
        params: aliasPath,
        querystring: placeQuery.extend(past),
        headers,
        response: answers({ 200: aliasView }, ...problems),
      },
    },
    (request, reply) =>
      inScope(request, reply, (scope) =>
        ask(request, reply, 'alias.get', { scope, name: request.params.alias }, (value) => {
          reply.header('etag', `"${aliasView.parse(value).revision}"`)
          return value
        }),
      ),
  )

  app.get(
    '/api/aliases/:context/:alias/history',
    {
      schema: {
        tags,
        summary: 'Everything that happened to an alias, through all its renames',
        params: aliasPath,
        querystring: placeQuery.extend({ ...pageQuery.shape, ...past }),
        headers,
        response: answers({ 200: aliasQueryAnswer['alias.history'] }, ...problems),
      },
    },
    (request, reply) => {
      const { cursor, limit } = request.query
      return inScope(request, reply, (scope) =>
        ask(request, reply, 'alias.history', { scope, name: request.params.alias, cursor, limit }, (value) => value),
      )
    },
  )

  async function ask(
    request: FastifyRequest<{ Querystring: unknown }>,
    reply: FastifyReply,
    type: AliasQueryType,
    data: object,
    shown: (value: unknown) => unknown,
  ) {
    const minPosition = request.headers['pharos-min-position']
    const { asOf } = z.object(past).parse(request.query)
    const result = await queries.ask({ type, body: { data, minPosition, asOf }, actor: request.actor })
    return sendQueryResult(reply, result, shown)
  }
}

async function inScope<T>(
  { params, query }: { params: AliasPath; query: PlaceQuery },
  reply: FastifyReply,
  then: (scope: Scope) => Promise<T>,
) {
  const read = scopeOf(params, query)
  if ('scope' in read) return then(read.scope)
  return sendProblem(reply, { status: 400, code: 'invalid_request', detail: read.message, violations: [read] })
}

/** The answer with its ETag, or nothing but 304 where the asker holds it already. */
function cached(request: FastifyRequest, reply: FastifyReply, answer: object): object | undefined {
  const etag = `"${createHash('sha256').update(JSON.stringify(answer)).digest('base64url').slice(0, 22)}"`
  reply.header('etag', etag).header('cache-control', 'private, no-cache')
  const held = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (held === undefined || !(held.includes(etag) || held.includes('*'))) return answer
  reply.code(304)
  return undefined
}

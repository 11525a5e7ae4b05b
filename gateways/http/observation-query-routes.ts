import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { observationGetQuery, observationListQuery, seriesQuery } from '../../schemas/http/observations.ts'
import { channelId } from '../../schemas/ids.ts'
import { positionText } from '../../schemas/position.ts'
import { observationQueryAnswer, observationView } from '../../schemas/queries/observation.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendQueryResult } from './send-query-result.ts'

const tags = ['observations']
const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
const params = z.object({ uuid: channelId })
const problems = [400, 401, 403, 404, 429, 503, 504] as const

/** What was observed. `Pharos-Min-Position` is one that sending observations was answered with. */
export function observationQueryRoutes(app: HttpServer, { queries }: HttpDependencies): void {
  app.get(
    '/api/v1/observation/get',
    {
      schema: {
        tags,
        summary: 'The newest observation of a channel',
        querystring: observationGetQuery,
        headers,
        response: answers({ 200: observationView }, ...problems),
      },
    },
    (request, reply) => {
      const { stream, before } = request.query
      return ask(request, reply, 'observation.get', { channelId: stream, before })
    },
  )

  app.get(
    '/api/channels/:uuid/observations',
    {
      schema: {
        tags,
        summary: 'Observations of a channel, by time or in order of arrival',
        params,
        querystring: observationListQuery,
        headers,
        response: answers({ 200: observationQueryAnswer['observation.list'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'observation.list', { channelId: request.params.uuid, ...request.query }),
  )

  app.get(
    '/api/channels/:uuid/series',
    {
      schema: {
        tags,
        summary: 'Observations of a channel, downsampled: one value per bucket',
        params,
        querystring: seriesQuery,
        headers,
        response: answers({ 200: observationQueryAnswer['observation.series'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'observation.series', { channelId: request.params.uuid, ...request.query }),
  )

  async function ask(request: FastifyRequest, reply: FastifyReply, type: string, data: object) {
    const minPosition = request.headers['pharos-min-position']
    const result = await queries.ask({ type, body: { data, minPosition }, actor: request.actor })
    return sendQueryResult(reply, result, (value) => value)
  }
}

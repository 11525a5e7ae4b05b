import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { channelListQuery } from '../../schemas/http/observations.ts'
import { channelId } from '../../schemas/ids.ts'
import { positionText } from '../../schemas/position.ts'
import { channelQueryAnswer, channelView } from '../../schemas/queries/channel.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendQueryResult } from './send-query-result.ts'

const tags = ['channels']
const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
const problems = [400, 401, 403, 404, 429, 503, 504] as const

/** The catalogue of channels. It is changed by commands: `POST /api/commands/channel.register` and its kin. */
export function channelRoutes(app: HttpServer, { queries }: HttpDependencies): void {
  app.get(
    '/api/channels',
    {
      schema: {
        tags,
        summary: 'Channels, in order of name and age',
        querystring: channelListQuery,
        headers,
        response: answers({ 200: channelQueryAnswer['channel.list'] }, ...problems),
      },
    },
    (request, reply) => {
      const { retired, ...filter } = request.query
      return ask(request, reply, 'channel.list', { ...filter, retired: retired === 'true' })
    },
  )

  app.get(
    '/api/channels/:uuid',
    {
      schema: {
        tags,
        summary: 'One channel, retired or not',
        params: z.object({ uuid: channelId }),
        headers,
        response: answers({ 200: channelView }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'channel.get', { channelId: request.params.uuid }),
  )

  async function ask(request: FastifyRequest, reply: FastifyReply, type: string, data: object) {
    const minPosition = request.headers['pharos-min-position']
    const result = await queries.ask({ type, body: { data, minPosition }, actor: request.actor })
    return sendQueryResult(reply, result, (value) => value)
  }
}

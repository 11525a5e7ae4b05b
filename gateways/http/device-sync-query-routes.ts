import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { manifestId } from '../../schemas/device-sync/manifest.ts'
import { positionText } from '../../schemas/position.ts'
import {
  deviceSyncQueryAnswer,
  syncAckFilter,
  syncDeviceFilter,
  syncRequestFilter,
} from '../../schemas/queries/device-sync.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendQueryResult } from './send-query-result.ts'

const tags = ['device sync']
const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
const problems = [400, 401, 403, 404, 429, 503, 504] as const
const page = {
  cursor: z.string().optional(),
  limit: z.coerce.number('must be a whole number from 1 to 500').int().min(1).max(500).default(100),
}

/** The audit of device sync, for people: who asked what, what was handed out, what became of it, and who is silent. */
export function deviceSyncQueryRoutes(app: HttpServer, { queries }: HttpDependencies): void {
  app.get(
    '/api/device-sync/requests',
    {
      schema: {
        tags,
        summary: 'What devices asked for, newest first',
        querystring: syncRequestFilter.extend(page),
        headers,
        response: answers({ 200: deviceSyncQueryAnswer['device-sync.requests'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'device-sync.requests', request.query),
  )
  app.get(
    '/api/device-sync/acknowledgements',
    {
      schema: {
        tags,
        summary: 'What devices acknowledged, newest first',
        querystring: syncAckFilter.extend(page),
        headers,
        response: answers({ 200: deviceSyncQueryAnswer['device-sync.acknowledgements'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'device-sync.acknowledgements', request.query),
  )
  app.get(
    '/api/device-sync/manifests/:manifestId',
    {
      schema: {
        tags,
        summary: 'A manifest that was handed out',
        params: z.object({ manifestId }),
        headers,
        response: answers({ 200: deviceSyncQueryAnswer['device-sync.manifest'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'device-sync.manifest', request.params),
  )
  app.get(
    '/api/device-sync/devices',
    {
      schema: {
        tags,
        summary: 'Devices with a credential and what they last said, by id; with silentHours those that are silent',
        querystring: syncDeviceFilter.extend({
          ...page,
          silentHours: z.coerce.number('must be a whole number of hours').int().min(1).max(8_784).optional(),
        }),
        headers,
        response: answers({ 200: deviceSyncQueryAnswer['device-sync.devices'] }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'device-sync.devices', request.query),
  )

  async function ask(request: FastifyRequest, reply: FastifyReply, type: string, data: object) {
    const minPosition = request.headers['pharos-min-position']
    const result = await queries.ask({ type, body: { data, minPosition }, actor: request.actor })
    return sendQueryResult(reply, result, (value) => value)
  }
}

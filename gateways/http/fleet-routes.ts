import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { fleetId } from '../../schemas/fleet.ts'
import { FLEET_PATHS, fleetListQuery } from '../../schemas/http/fleet.ts'
import { positionText } from '../../schemas/position.ts'
import {
  deviceSight,
  FLEET_KINDS,
  type FleetKind,
  fleetQueryAnswer,
  type FleetQueryType,
  fleetViews,
} from '../../schemas/queries/fleet.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendQueryResult } from './send-query-result.ts'

const tags = ['fleet']
const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
const params = z.object({ id: fleetId })
const problems = [400, 401, 403, 404, 429, 503, 504] as const
const revised = z.object({ revision: z.int() })

/** Everything in the fleet. It is changed by commands: `POST /api/commands/device.assign` and its kin. */
export function fleetRoutes(app: HttpServer, { queries }: HttpDependencies): void {
  for (const kind of FLEET_KINDS) routesOf(kind)

  app.get(
    '/api/fleet/devices/:id/sees',
    {
      schema: {
        tags,
        summary: 'What a device sees, counted; the lists show it with seenBy',
        params,
        headers,
        response: answers({ 200: deviceSight }, ...problems),
      },
    },
    (request, reply) => ask(request, reply, 'device.sees', { deviceId: request.params.id }),
  )

  function routesOf(kind: FleetKind): void {
    const path = `/api/fleet/${FLEET_PATHS[kind]}`
    app.get(
      path,
      {
        schema: {
          tags,
          summary: `${FLEET_PATHS[kind]}, in order of id`,
          querystring: fleetListQuery[kind],
          headers,
          response: answers({ 200: fleetQueryAnswer[`${kind}.list`] }, ...problems),
        },
      },
      (request, reply) => ask(request, reply, `${kind}.list`, request.query),
    )
    app.get(
      `${path}/:id`,
      {
        schema: {
          tags,
          summary: kind === 'device' ? 'one device, decommissioned or not' : `one ${kind}`,
          params,
          headers,
          response: answers({ 200: fleetViews[kind] }, ...problems),
        },
      },
      (request, reply) =>
        ask(request, reply, `${kind}.get`, { [`${kind}Id`]: request.params.id }, (value) => {
          reply.header('etag', `"${revised.parse(value).revision}"`)
          return value
        }),
    )
  }

  async function ask(
    request: FastifyRequest,
    reply: FastifyReply,
    type: FleetQueryType,
    data: object,
    shown: (value: unknown) => unknown = (value) => value,
  ) {
    const minPosition = request.headers['pharos-min-position']
    const result = await queries.ask({ type, body: { data, minPosition }, actor: request.actor })
    return sendQueryResult(reply, result, shown)
  }
}

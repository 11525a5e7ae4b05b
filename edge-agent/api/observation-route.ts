import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { RunningObservations } from '../observations/start-observations.ts'
import { HostileUuid, StoreFull } from '../store/stream-store.ts'

/** Whether each is what it should be says the store, by the rules of the platform. */
const body = z.strictObject({
  stream: z.string(),
  /** Decimal digits: a number would have lost some on its way. */
  value: z.string(),
  observed_at: z.string().optional(),
  id: z.string().optional(),
  hash: z.string().optional(),
})

/** In bytes: the longest of every field, each character escaped. */
const LONGEST_BODY = 4096

/**
 * `POST /observations`: what a service on this device has observed. 202: it is on the disk, and goes to central in order and
 * once, when the link is there; 200: it was put in before. 422 names what is wrong; 507: the disk is full.
 */
export function observationRoute(app: FastifyInstance, observations: Pick<RunningObservations, 'record'>): void {
  app.post('/observations', { bodyLimit: LONGEST_BODY }, async (request, reply) => {
    const refuse = (status: number, detail: string) =>
      reply.code(status).type('application/problem+json').send({ status, code: 'observation_refused', detail })
    const read = body.safeParse(request.body)
    if (!read.success)
      return refuse(
        422,
        read.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
      )
    const { stream, value, observed_at, id, hash } = read.data
    try {
      const kept = await observations.record({
        stream,
        value,
        ...(observed_at === undefined ? {} : { observed_at }),
        ...(id === undefined ? {} : { id }),
        ...(hash === undefined ? {} : { hash }),
      })
      return await reply.code(kept ? 202 : 200).send({ kept })
    } catch (error) {
      if (error instanceof StoreFull) return refuse(507, error.message)
      if (error instanceof RangeError || error instanceof HostileUuid) return refuse(422, error.message)
      throw error
    }
  })
}

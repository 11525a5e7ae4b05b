import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import type { Actor } from '../../schemas/actor.ts'
import { eventsHeaders, eventsQuery } from '../../schemas/http/events.ts'
import { formatPosition, parsePosition, type Position } from '../../schemas/position.ts'
import type { Scope } from '../../schemas/scope.ts'
import { FeedEnded } from '../feed/event-feed.ts'
import type { FeedItem } from '../feed/feed-item.ts'
import { isReadModelOutage } from '../is-read-model-outage.ts'
import { EventStream, eventText, ReaderStalled } from './event-stream.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'
import { tooManyStreams } from './too-many-streams.ts'

type Query = z.infer<typeof eventsQuery>

/** `GET /api/events`: what happens to aliases and in the fleet, as server-sent events that a reader resumes where it was cut off. */
export function eventRoutes(app: HttpServer, dependencies: HttpDependencies): void {
  const { feed, policy, authenticator, limits, logger } = dependencies
  const open = new Map<EventStream, { readonly credential: string; readonly end: (reason: string) => void }>()
  app.addHook('preClose', async () => {
    for (const { end } of open.values()) end('shutdown')
  })

  app.get(
    '/api/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['aliases'],
        summary: 'Events of aliases and the fleet as they happen, or from a position on',
        description:
          'Server-sent events. `id` is a position: sent back as `Last-Event-ID`, the stream goes on behind it, without loss or repetition. ' +
          'All events of a command come together; what is known of people (names, addresses) is left out. Before the server ends a stream it sends `event: end` with the reason.',
        querystring: eventsQuery,
        headers: eventsHeaders,
        response: answers({ 200: z.string().describe('text/event-stream') }, 400, 401, 403, 429, 503),
      },
    },
    async (request, reply) => {
      const { scope } = request.query
      if (scope !== undefined && !policy.allows(request.actor, { action: 'read', on: 'alias', scope }))
        return sendProblem(reply, { status: 403, code: 'forbidden', detail: `${request.actor.id} may not read there` })
      const credential = request.actor.id
      const mine = [...open.values()].filter((one) => one.credential === credential).length
      if (mine >= limits.streamsPerCredential)
        return tooManyStreams(reply, 429, `at most ${limits.streamsPerCredential} event streams at once`)
      if (open.size >= limits.streams)
        return tooManyStreams(reply, 503, 'this process has all the event streams it can take')
      const start = await startOf(request.headers['last-event-id'], request.query.after).catch((error: unknown) => {
        if (isReadModelOutage(error)) return undefined
        throw error
      })
      if (start === undefined)
        return sendProblem(reply, { status: 503, code: 'unavailable', detail: 'the log cannot be read at the moment' })
      if ('field' in start)
        return sendProblem(reply, { status: 400, code: start.code, detail: start.message, violations: [start] })
      reply.hijack()
      await run(request, reply, start)
      return reply
    },
  )

  /** Where a stream begins: behind what its reader has seen, or now. */
  async function startOf(lastEventId: string | undefined, after: string | undefined) {
    const text = lastEventId ?? after
    if (text === undefined) return feed.position()
    const head = await feed.end()
    const field = lastEventId === undefined ? 'query.after' : 'header.last-event-id'
    const seen = parsePosition(text)
    const where = `the log ends at ${formatPosition(head)}`
    if (seen.epoch !== head.epoch)
      return {
        field,
        code: 'other_epoch',
        message: `is of another life of the log, before or after a restore; ${where}`,
      }
    if (seen.sequence > head.sequence) return { field, code: 'position_ahead', message: `is ahead; ${where}` }
    return seen
  }

  async function run(request: FastifyRequest<{ Querystring: Query }>, reply: FastifyReply, start: Position) {
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
    const stream = new EventStream(reply.raw, headers)
    let at = start
    const id = (): string => formatPosition(at)
    const ending = new AbortController()
    const end = (reason: string): void => {
      stream.end(reason, id())
      ending.abort()
    }
    open.set(stream, { credential: request.actor.id, end })
    const beat = setInterval(() => {
      stream.beat(id())
      void stillAllowed(request).then((allowed) => (allowed ? undefined : end('credential')))
    }, limits.beatMs)
    try {
      await stream.send(`retry: 2000\nid: ${id()}\n\n`)
      for await (const command of feed.follow(start.sequence, AbortSignal.any([stream.closed, ending.signal]))) {
        const wanted = command.items.filter((item) => isWanted(item, request.query, request.actor, policy))
        const texts = wanted.map(({ sequence, type, json }) =>
          eventText(type, formatPosition({ epoch: start.epoch, sequence }), json),
        )
        at = { epoch: start.epoch, sequence: command.end }
        if (texts.length > 0) await stream.send(texts.join(''))
      }
      end('shutdown')
    } catch (error) {
      end(reasonOf(error))
      if (!(error instanceof FeedEnded || error instanceof ReaderStalled || isReadModelOutage(error)))
        logger.error({ err: error }, 'an event stream failed')
    } finally {
      clearInterval(beat)
      open.delete(stream)
    }
  }

  /** A credential that was revoked or has expired since ends its streams; one that cannot be checked now does not. */
  async function stillAllowed({ headers }: FastifyRequest): Promise<boolean> {
    const { authorization, 'x-api-key': apiKey } = headers
    const outcome = await authenticator
      .authenticate(authorization, Array.isArray(apiKey) ? apiKey.join() : apiKey)
      .catch(() => undefined)
    return outcome?.status !== 'unauthorized'
  }
}

function isWanted({ type, on, scope }: FeedItem, query: Query, actor: Actor, policy: AccessPolicy): boolean {
  if (query.type !== undefined && !query.type.includes(type)) return false
  if (query.scope !== undefined && (scope === undefined || !isWithin(scope, query.scope))) return false
  return policy.allows(actor, { action: 'read', on, ...(scope === undefined ? {} : { scope }) })
}

/** A site has its nodes within it. */
function isWithin(scope: Scope, within: Scope): boolean {
  switch (within.kind) {
    case 'global':
      return scope.kind === 'global'
    case 'site':
      return 'site' in scope && scope.site === within.site
    case 'node':
      return scope.kind === 'node' && scope.site === within.site && scope.node === within.node
    case 'context':
      return scope.kind === 'context' && scope.context === within.context
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FeedEnded) return error.reason
  if (error instanceof ReaderStalled) return 'too_slow'
  return 'unavailable'
}

import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { auditListQuery } from '../../schemas/http/audit.ts'
import { positionText } from '../../schemas/position.ts'
import { type AuditLine, auditQueryAnswer } from '../../schemas/queries/audit.ts'
import type { QueryResult } from '../../schemas/query.ts'
import { type AuditFormat, auditLines } from '../audit/audit-lines.ts'
import { auditPages } from '../audit/audit-pages.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendQueryResult } from './send-query-result.ts'
import type { StreamPlaces } from './stream-places.ts'

const headers = z.looseObject({ 'pharos-min-position': positionText.optional() })
const MEDIA: Readonly<Record<AuditFormat, string>> = { ndjson: 'application/x-ndjson', csv: 'text/csv' }
/** Entries that an export asks for at once. */
const EXPORT_PAGE = 500

/** Who did what, and who was refused what: a page as JSON, or all of it as NDJSON or CSV. */
export function auditRoutes(app: HttpServer, { queries }: HttpDependencies, places: StreamPlaces): void {
  app.get(
    '/api/audit',
    {
      schema: {
        tags: ['audit'],
        summary:
          'Accepted and refused commands; with Accept: application/x-ndjson or text/csv all of them, as a stream',
        querystring: auditListQuery,
        headers,
        response: answers({ 200: auditQueryAnswer['audit.list'] }, 400, 401, 403, 429, 503, 504),
      },
    },
    async (request, reply) => {
      const { archived, order, cursor, limit, ...filter } = request.query
      const minPosition = request.headers['pharos-min-position']
      const ask = (data: object): Promise<QueryResult> =>
        queries.ask({
          type: 'audit.list',
          body: { data: { ...filter, archived: archived === 'true', ...data }, minPosition },
          actor: request.actor,
        })
      reply.header('vary', 'accept')
      const format = formatOf(request.headers.accept)
      if (format === undefined) {
        const result = await ask({ order: order ?? 'newest', cursor, limit })
        return sendQueryResult(reply, result, (value) => value)
      }
      if (!places.take(request, reply)) return reply
      const whole = await auditPages((next) => ask({ order: order ?? 'oldest', cursor: next, limit: EXPORT_PAGE }))
      if (whole.status !== 'ok') return sendQueryResult(reply, whole, (value) => value)
      return sendExport(reply, format, whole.pages)
    },
  )
}

/** Ended by whoever goes away; the next page waits until the reader has taken this one. */
function sendExport(
  reply: FastifyReply,
  format: AuditFormat,
  pages: AsyncIterable<readonly AuditLine[]>,
): FastifyReply {
  return reply
    .type(`${MEDIA[format]}; charset=utf-8`)
    .header('content-disposition', `attachment; filename="audit.${format}"`)
    .send(Readable.from(auditLines(format, pages), { objectMode: false }))
}

function formatOf(accept: string | undefined): AuditFormat | undefined {
  if (accept?.includes(MEDIA.ndjson) === true) return 'ndjson'
  return accept?.includes(MEDIA.csv) === true ? 'csv' : undefined
}

import { Readable } from 'node:stream'
import { z } from 'zod'
import type { AliasLine } from '../../schemas/alias-line.ts'
import { listQuery } from '../../schemas/http/aliases.ts'
import { positionText } from '../../schemas/position.ts'
import { aliasQueryAnswer, type AliasView } from '../../schemas/queries/alias.ts'
import { CSV_COLUMNS, toCsv } from '../alias-files/csv-columns.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { NDJSON } from './send-messages.ts'
import { sendQueryResult } from './send-query-result.ts'
import type { StreamPlaces } from './stream-places.ts'

const PAGE = 1000
const CSV = 'text/csv; charset=utf-8; header=present'

/** `GET /api/aliases/export`: aliases as a file that an import takes. */
export function aliasExportRoutes(app: HttpServer, { queries }: HttpDependencies, places: StreamPlaces): void {
  app.get(
    '/api/aliases/export',
    {
      schema: {
        tags: ['aliases'],
        summary: 'Export aliases',
        description:
          'NDJSON, or CSV where `Accept` prefers text/csv, in order of scope and name. It is read page by page, so ' +
          'what is changed meanwhile may be in it or not; all that `Pharos-Min-Position` asks for is.',
        querystring: listQuery.pick({ scope: true, prefix: true, target: true }),
        headers: z.looseObject({ 'pharos-min-position': positionText.optional() }),
        produces: [NDJSON, 'text/csv'],
        response: answers({ 200: z.unknown().describe('A file') }, 400, 401, 403, 429, 503, 504),
      },
    },
    async (request, reply) => {
      if (!places.take(request, reply)) return reply
      const isCsv = prefersCsv(request.headers.accept)
      const minPosition = request.headers['pharos-min-position']
      const page = (cursor?: string) =>
        queries.ask({
          type: 'alias.list',
          body: { data: { ...request.query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }, minPosition },
          actor: request.actor,
        })
      // What can be refused is refused before anything is sent.
      const first = await page()
      if (first.status !== 'ok') return sendQueryResult(reply, first, (value) => value)
      reply.header('pharos-position', first.position).header('content-type', isCsv ? CSV : NDJSON)
      // By bytes: of objects it would gather sixteen pages.
      return reply.send(Readable.from(pieces(aliasQueryAnswer['alias.list'].parse(first.value)), { objectMode: false }))

      async function* pieces({ aliases, nextCursor }: Page): AsyncGenerator<string, void> {
        if (isCsv) yield `${CSV_COLUMNS.join(',')}\r\n`
        let [rows, cursor] = [aliases, nextCursor]
        for (;;) {
          yield rows.map((alias) => (isCsv ? toCsv(alias) : `${JSON.stringify(lineOf(alias))}\n`)).join('')
          if (cursor === null) return
          const next = await page(cursor)
          // The answer has begun: to break it off is the one way to say that it is not whole.
          if (next.status !== 'ok') throw new Error(`the export broke off: ${next.message}`)
          ;({ aliases: rows, nextCursor: cursor } = aliasQueryAnswer['alias.list'].parse(next.value))
        }
      }
    },
  )
}

type Page = z.infer<(typeof aliasQueryAnswer)['alias.list']>

function lineOf({ scope, name, target, owner, description, metadata, enabled, expiresAt }: AliasView): AliasLine {
  return { scope, name, target, owner, description, metadata, enabled, expiresAt }
}

/** Whether CSV comes before what else we have in the header. */
function prefersCsv(accept: string | undefined): boolean {
  const wanted = (accept ?? '').split(',').map((of) => {
    const [type = '', ...parameters] = of.split(';').map((part) => part.trim().toLowerCase())
    const weight = Number(/^q=([0-9.]+)$/.exec(parameters.find((one) => one.startsWith('q=')) ?? '')?.[1] ?? 1)
    return { type, weight }
  })
  const weightOf = (...types: readonly string[]): number =>
    Math.max(0, ...wanted.filter(({ type }) => types.includes(type)).map(({ weight }) => weight))
  return weightOf('text/csv') > weightOf(NDJSON, 'application/ndjson', 'application/json')
}

import { IngestUnavailable, ingestObservations } from '../../commands/observation/ingest-observations.ts'
import type { ArrivedObservation } from '../../commands/observation/sent-observation.ts'
import { ingestReport, observationBody } from '../../schemas/http/observations.ts'
import { MAX_OBSERVATIONS } from '../../schemas/observation.ts'
import { parseExactly } from '../../schemas/read-observations.ts'
import { z } from 'zod'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { observationLines } from './observation-lines.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'

const NDJSON = ['application/x-ndjson', 'application/ndjson']
/** Largest body of JSON, in bytes. Of lines see `observationLines`. */
const MAX_JSON = 1024 * 1024

/** `POST /api/v1/observation`: what was observed, for whoever does not publish on `telemetry.<device>.<channel>`. */
export async function observationRoutes(app: HttpServer, { observations }: HttpDependencies): Promise<void> {
  await app.register(async (scope: HttpServer) => {
    // As text: whoever parses it here must keep the digits. Lines are read as they come, and no faster than they are stored.
    scope.removeContentTypeParser(['application/json', 'text/plain'])
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => done(null, body))
    scope.addContentTypeParser(NDJSON, (_, body, done) => done(null, body))
    scope.post(
      '/api/v1/observation',
      {
        config: { longBody: true },
        bodyLimit: MAX_JSON,
        schema: {
          tags: ['observations'],
          summary: 'Send observations',
          description:
            'One as JSON, up to 1,000 as a JSON array, or any number as NDJSON, one per line. Each is stored or refused ' +
            'alone; 202 when all or some are stored, 422 when none is. Sent again they are stored once: by `id`, else `hash`, else what they say.',
          body: z.union([observationBody, z.array(observationBody).max(MAX_OBSERVATIONS)]),
          consumes: ['application/json', ...NDJSON],
          response: answers({ 202: ingestReport }, 400, 401, 403, 413, 415, 422, 429, 503),
        },
        validatorCompiler: () => (value) => ({ value }),
      },
      async (request, reply) => {
        const { body } = request as { readonly body: unknown }
        const arriving = typeof body === 'string' ? whole(body) : observationLines(body as AsyncIterable<Uint8Array>)
        try {
          const report = await ingestObservations(arriving, request.actor, observations)
          if (report.accepted > 0 || report.refused === 0) return await reply.code(202).send(report)
          const [first = { code: 'invalid_observation', message: '' }] = report.problems
          const violations = report.problems.map(({ line, field, message }) => {
            return { field: report.refused === 1 ? field : `${line}.${field}`, message }
          })
          const status = first.code === 'forbidden' ? 403 : 422
          const detail =
            report.refused === 1 ? `the observation is refused: ${first.message}` : 'no observation was taken'
          return await sendProblem(reply, { status, code: first.code, detail, violations })
        } catch (error) {
          if (!(error instanceof IngestUnavailable)) throw error
          request.log.warn({ err: error }, 'observations could not be taken')
          return sendProblem(reply, { status: 503, code: 'unavailable', detail: error.message })
        }
      },
    )
  })
}

/** A body that is JSON as a whole: one observation, or an array. */
async function* whole(text: string): AsyncGenerator<readonly ArrivedObservation[]> {
  const json = parseExactly(text)
  if (!Array.isArray(json)) return yield [{ line: 1, json }]
  if (json.length > MAX_OBSERVATIONS)
    return yield [
      { line: 1, json: undefined, fault: `must be at most ${MAX_OBSERVATIONS} observations; send more as NDJSON` },
    ]
  yield json.map((one: unknown, index) => ({ line: index + 1, json: one }))
}

import type { FastifyReply } from 'fastify'
import { runImport } from '../../commands/alias-jobs/run-import.ts'
import { newTally } from '../../commands/alias-jobs/tally.ts'
import { jobId } from '../../schemas/alias-job.ts'
import { importQuery, type JobMessage, jobMessage } from '../../schemas/http/alias-import.ts'
import { LineCheck } from '../alias-files/check-lines.ts'
import { UnreadableFile } from '../alias-files/raw-line.ts'
import { readCsv } from '../alias-files/read-csv.ts'
import { readNdjson } from '../alias-files/read-ndjson.ts'
import { type SpooledLines, spoolLines } from '../alias-files/spool-lines.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'
import { NDJSON, sendMessages } from './send-messages.ts'

/** Largest file, in bytes. */
const MAX_BYTES = 1024 * 1024 * 1024
/** Imports that one process works on at a time: each keeps all its names in memory. */
const MAX_IMPORTS = 2

const READERS = new Map([
  [NDJSON, readNdjson],
  ['application/ndjson', readNdjson],
  ['text/csv', readCsv],
])

/** `POST /api/aliases/import`: a file of aliases as one tracked job. */
export async function aliasImportRoutes(app: HttpServer, { jobs, newId }: HttpDependencies): Promise<void> {
  const stopping = new AbortController()
  let running = 0
  app.addHook('preClose', async () => stopping.abort(new Error('the server is shutting down')))

  await app.register(async (scope: HttpServer) => {
    // The body is read as it comes, and no faster than it can be stored.
    scope.addContentTypeParser([...READERS.keys()], { bodyLimit: MAX_BYTES }, (_, body, done) => done(null, body))
    scope.post(
      '/api/aliases/import',
      {
        config: { longBody: true },
        bodyLimit: MAX_BYTES,
        schema: {
          tags: ['aliases'],
          summary: 'Import aliases',
          description:
            'NDJSON (a line is what `alias.register` takes; scope and target may be texts) or CSV with the columns ' +
            'scope, name, target, owner, description, metadata, enabled, expires_at. The answer is NDJSON: progress, ' +
            'problems with their lines, with a dry run what would change, and last the report. Empty lines say that it goes on.',
          querystring: importQuery,
          consumes: [...READERS.keys()],
          response: answers({ 200: jobMessage }, 400, 401, 413, 415, 429, 503),
        },
      },
      async (request, reply) => {
        const read = READERS.get(request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '')
        if (read === undefined) return refuse(reply, 415, 'unsupported_media_type', 'the body must be NDJSON or CSV')
        if (running >= MAX_IMPORTS) return refuse(reply, 503, 'unavailable', `${running} imports are under way already`)
        running++
        let spooled: SpooledLines | undefined
        const done = async (): Promise<void> => {
          running--
          await spooled?.[Symbol.asyncDispose]()
        }
        try {
          const { onBadLine, replace, dryRun } = request.query
          const check = new LineCheck(request.actor, jobs.policy, jobs.lookAlikes)
          const bytes = request.body as AsyncIterable<Uint8Array>
          spooled = await spoolLines(read(limited(bytes)), check, JSON.stringify({ onBadLine, replace }))
          const job = {
            jobId: request.query.jobId ?? jobId.parse(newId()),
            actor: request.actor,
            source: spooled,
            replace: replace === 'true',
            dryRun: dryRun === 'true',
          }
          const messages = importMessages(job, onBadLine)
          const onError = (error: unknown): void =>
            request.log.error({ err: error, jobId: job.jobId }, 'an import broke off')
          return sendMessages(reply, messages, { endsWithAsker: job.dryRun, onError, done })
        } catch (error) {
          await done()
          if (error instanceof UnreadableFile) return refuse(reply, 400, 'invalid_file', error.message)
          if (error instanceof TooLarge) return refuse(reply, 413, 'body_too_large', error.message)
          throw error
        }
      },
    )
  })

  async function* importMessages(
    job: Parameters<typeof runImport>[0] & { readonly source: SpooledLines },
    onBadLine: 'stop' | 'skip',
  ): AsyncGenerator<JobMessage, void> {
    for (const { line, fault } of job.source.faults) yield { type: 'problem', line, ...fault }
    if (job.source.bad === 0 || onBadLine === 'skip') return yield* runImport(job, jobs, stopping.signal)
    const { bad, total } = job.source
    yield {
      type: 'report',
      jobId: job.jobId,
      status: 'refused',
      ...(job.dryRun ? { dryRun: true as const } : {}),
      reason: `${bad} of ${total} lines are bad, so nothing was imported; onBadLine=skip imports the others`,
      counts: newTally(bad),
    }
  }
}

class TooLarge extends Error {}

async function* limited(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let read = 0
  for await (const chunk of bytes) {
    read += chunk.length
    if (read > MAX_BYTES) throw new TooLarge(`the file is larger than ${MAX_BYTES} bytes`)
    yield chunk
  }
}

function refuse(reply: FastifyReply, status: number, code: string, detail: string): FastifyReply {
  return sendProblem(reply, { status, code, detail, violations: [{ field: 'body', message: detail }] })
}

import { z } from 'zod'
import { positionOfVersion } from '../../commands/alias-jobs/position-of-version.ts'
import { runRollback } from '../../commands/alias-jobs/run-rollback.ts'
import { indexScope } from '../../schemas/alias-index.ts'
import { jobId } from '../../schemas/alias-job.ts'
import { jobMessage } from '../../schemas/http/alias-import.ts'
import { scopeText } from '../../schemas/http/scope-text.ts'
import { InFlight } from '../nats/in-flight.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendProblem } from './problems.ts'
import { sendMessages } from './send-messages.ts'

/** Rollbacks that one process works on at a time: they go on when their askers are gone. */
const MAX_ROLLBACKS = 4

const params = z.object({ scope: scopeText.describe('global, site:<site> or context:<context>') })
const body = z
  .strictObject({
    toVersion: z.int().min(1).optional().describe('A version of the index'),
    toPosition: z.int().min(0).optional().describe('A sequence of the log'),
    jobId: jobId.optional().describe('Given again with the same aim, a rollback that was cut off goes on'),
    dryRun: z.boolean().optional(),
  })
  .refine(({ toVersion, toPosition }) => (toVersion === undefined) !== (toPosition === undefined), {
    path: ['toVersion'],
    message: 'name either toVersion or toPosition',
  })

/** `POST /api/alias-index/{scope}/rollback`: a scope as it was at a version or a position, as one tracked job. */
export function rollbackRoutes(app: HttpServer, { jobs, newId }: HttpDependencies): void {
  const stopping = new AbortController()
  const inFlight = new InFlight(MAX_ROLLBACKS)
  app.addHook('preClose', async () => stopping.abort(new Error('the server is shutting down')))

  app.post(
    '/api/alias-index/:scope/rollback',
    {
      schema: {
        tags: ['aliases'],
        summary: 'Give a scope the aliases that it had',
        description:
          'The answer is NDJSON: progress, problems, with a dry run what would change, and last the report. Empty lines say that it goes on.',
        params,
        body,
        response: answers({ 200: jobMessage }, 400, 401, 404, 422, 429, 503),
      },
    },
    async (request, reply) => {
      const scope = indexScope.safeParse(request.params.scope)
      if (!scope.success) {
        const fault = { field: 'path.scope', message: 'must be a whole site, a context, or global' }
        return sendProblem(reply, { status: 400, code: 'invalid_request', detail: fault.message, violations: [fault] })
      }
      const { toVersion, jobId: id = jobId.parse(newId()), dryRun = false } = request.body
      const toPosition =
        toVersion === undefined ? request.body.toPosition : await positionOfVersion(jobs.store, scope.data, toVersion)
      if (toPosition === undefined)
        return sendProblem(reply, {
          status: 404,
          code: 'version_not_found',
          detail: `the index of this scope has no version ${toVersion}`,
          violations: [{ field: 'body.toVersion', message: 'must be a version of this index' }],
        })
      if (!inFlight.enter())
        return sendProblem(reply.header('retry-after', 10), {
          status: 503,
          code: 'unavailable',
          detail: `${MAX_ROLLBACKS} rollbacks are under way already`,
        })
      const job = { jobId: id, actor: request.actor, scope: scope.data, toPosition, dryRun }
      return sendMessages(reply, runRollback(job, jobs, stopping.signal), {
        endsWithAsker: dryRun,
        onError: (error) => request.log.error({ err: error, jobId: id }, 'a rollback broke off'),
        done: async () => inFlight.leave(),
      })
    },
  )
}

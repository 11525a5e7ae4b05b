import { z } from 'zod'
import { giveUpJob } from '../../commands/alias-jobs/give-up-job.ts'
import { jobId } from '../../schemas/alias-job.ts'
import { commandResult } from '../../schemas/command.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { answers } from './problem-answers.ts'
import { sendCommandResult } from './send-command-result.ts'

/** Imports and rollbacks as such. */
export function aliasJobRoutes(app: HttpServer, { jobs }: HttpDependencies): void {
  app.delete(
    '/api/alias-jobs/:jobId',
    {
      schema: {
        tags: ['aliases'],
        summary: 'Give up an import or rollback that was cut off',
        description:
          'What it has done stays done; the index of its scopes moves again. A job that ended stays as it is.',
        params: z.object({ jobId }),
        response: answers({ 200: commandResult }, 400, 401, 403, 404, 429, 503),
      },
    },
    async (request, reply) => sendCommandResult(reply, await giveUpJob(request.params.jobId, request.actor, jobs)),
  )
}

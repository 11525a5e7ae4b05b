import type { FastifyReply } from 'fastify'
import type { CommandResult } from '../../schemas/command.ts'
import { sendProblem } from './problems.ts'

/** Answers with what became of a command. `created`: the status of an acceptance that made something new. */
export function sendCommandResult(reply: FastifyReply, result: CommandResult, created: 200 | 201 = 200): FastifyReply {
  switch (result.status) {
    case 'accepted':
    case 'duplicate': {
      const code = result.status === 'accepted' && result.dryRun !== true ? created : 200
      return reply
        .code(code)
        .header('pharos-position', result.position)
        .header('etag', `"${result.revision}"`)
        .send(result)
    }
    case 'rejected':
      return sendProblem(reply, {
        status: rejectionStatus(result.code),
        code: result.code,
        detail: result.message,
        violations: result.violations,
      })
    case 'conflict':
      return sendProblem(reply, {
        status: 412,
        code: 'conflict',
        detail: result.message,
        expected: result.expected,
        actual: result.actual,
      })
    case 'unauthorized':
      return sendProblem(reply, { status: 401, code: 'unauthorized', detail: result.message })
    case 'forbidden':
      return sendProblem(reply, { status: 403, code: 'forbidden', detail: result.message })
    case 'unavailable':
      return sendProblem(reply, { status: 503, code: 'unavailable', detail: result.message })
  }
}

/** Codes end in what they mean: `name_taken`, `alias_not_found`, `company_exists`. */
function rejectionStatus(code: string): number {
  if (code === 'unknown_command' || code.endsWith('_not_found')) return 404
  return code.endsWith('_taken') || code.endsWith('_exists') ? 409 : 422
}

import type { FastifyReply } from 'fastify'
import type { QueryResult } from '../../schemas/query.ts'
import { sendProblem } from './problems.ts'

/** Answers with what became of a query; a good answer is sent as `shown` makes it from the value. */
export function sendQueryResult(
  reply: FastifyReply,
  result: QueryResult,
  shown: (value: unknown) => unknown,
): FastifyReply {
  if ('position' in result) reply.header('pharos-position', result.position)
  switch (result.status) {
    case 'ok':
      return reply.send(shown(result.value))
    case 'not_found':
      return sendProblem(reply, { status: 404, code: result.code, detail: result.message })
    case 'rejected':
      return sendProblem(reply, {
        status: 400,
        code: result.code,
        detail: result.message,
        violations: result.violations,
      })
    case 'behind':
      return sendProblem(reply, {
        status: 504,
        code: 'read_model_behind',
        detail: result.message,
        ...(result.lag === null ? {} : { lag: result.lag }),
      })
    case 'unauthorized':
      return sendProblem(reply, { status: 401, code: 'unauthorized', detail: result.message })
    case 'forbidden':
      return sendProblem(reply, { status: 403, code: 'forbidden', detail: result.message })
    case 'unavailable':
      return sendProblem(reply, { status: 503, code: 'unavailable', detail: result.message })
  }
}

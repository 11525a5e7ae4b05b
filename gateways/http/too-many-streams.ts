import type { FastifyReply } from 'fastify'
import { sendProblem } from './problems.ts'

/** Answers that there is no room for one more stream: of this credential (429), or in this process (503). */
export function tooManyStreams(reply: FastifyReply, status: 429 | 503, detail: string): FastifyReply {
  return sendProblem(reply.header('retry-after', 10), { status, code: 'too_many_streams', detail })
}

import type { ProbeDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { sendProblem } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a file, which may be long on its way. */
    longBody?: boolean
  }
}

/** By then a request must have arrived in full, in milliseconds, unless told: no slow sender holds a socket. */
export const ARRIVAL_MS = 30_000

/** Cuts off requests that do not arrive; those with a file only when nothing of it comes any more (see `nodeServer`). */
export function limitArrival(app: HttpServer, { requestTimeoutMs = ARRIVAL_MS }: ProbeDependencies['limits']): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    if (request.routeOptions.config.longBody !== true && !raw.complete) {
      const timer = setTimeout(() => {
        if (raw.complete || reply.sent) return
        const detail = `the request has not arrived in ${requestTimeoutMs / 1000} s`
        void sendProblem(reply.header('connection', 'close'), { status: 408, code: 'too_slow', detail })
        reply.raw.once('finish', () => raw.destroy())
      }, requestTimeoutMs)
      // Once it is answered there is nothing left to cut off, though nobody may have read the body.
      reply.raw.once('finish', () => clearTimeout(timer))
      raw.once('close', () => clearTimeout(timer))
      raw.once('end', () => clearTimeout(timer))
    }
    done()
  })
}

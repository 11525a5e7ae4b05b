import type { HttpServer } from './http-server.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a file, which may be long on its way. */
    longBody?: boolean
  }
}

/** A request that has not arrived in full by then is cut off, in milliseconds: no slow sender holds a socket. */
const ARRIVAL_MS = 30_000

/** Cuts off requests that do not arrive; those with a file only when nothing of it comes any more (see `connectionTimeout`). */
export function limitArrival(app: HttpServer): void {
  app.addHook('onRequest', (request, _, done) => {
    if (request.routeOptions.config.longBody !== true && !request.raw.complete) {
      const timer = setTimeout(() => request.raw.complete || request.raw.destroy(), ARRIVAL_MS).unref()
      request.raw.once('end', () => clearTimeout(timer))
    }
    done()
  })
}

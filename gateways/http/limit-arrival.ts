import type { HttpServer } from './http-server.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a file, which may be long on its way. */
    longBody?: boolean
  }
}

/**
 * Cuts off requests that have not arrived in full after `ms` milliseconds: no slow sender holds a socket. Those with a
 * file are cut off only when nothing of it comes any more (see `connectionTimeout`).
 */
export function limitArrival(app: HttpServer, ms: number): void {
  app.addHook('onRequest', (request, _, done) => {
    const { raw } = request
    if (request.routeOptions.config.longBody !== true && !raw.complete) {
      const timer = setTimeout(() => raw.complete || raw.destroy(), ms).unref()
      raw.once('close', () => clearTimeout(timer))
    }
    done()
  })
}

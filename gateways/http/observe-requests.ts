import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'

/** Counts, times and logs every request once it is answered; by its route, since paths are endless. */
export function observeRequests(app: HttpServer, metrics: HttpDependencies['metrics']): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request
    const route = request.routeOptions.url ?? 'none'
    metrics.request(method, route, reply.statusCode, reply.elapsedTime / 1000)
    request.log.debug({ method, route, status: reply.statusCode, ms: reply.elapsedTime }, 'answered')
    done()
  })
}

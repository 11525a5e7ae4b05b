import type { HttpServer } from './http-server.ts'

/** On every answer: nothing is cached, framed, sniffed or run, unless a route says otherwise. */
export function securityHeaders(app: HttpServer): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    // The pages of /docs bring a policy of their own.
    if (!request.url.startsWith('/docs'))
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    done()
  })
}

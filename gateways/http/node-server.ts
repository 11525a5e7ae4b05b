import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type Server } from 'node:https'
import type { ProbeDependencies } from './http-dependencies.ts'

/** A request that has not arrived in full by then is cut off, in milliseconds: no slow sender holds a socket. */
const REQUEST_TIMEOUT_MS = 30_000
/** Its headers alone must be here by then, whatever a route allows for the rest. */
const HEADERS_TIMEOUT_MS = 30_000
/** A connection on which nothing moves is closed after this, in milliseconds. */
const CONNECTION_TIMEOUT_MS = 60_000
/** Between the requests of one connection, in milliseconds: longer than the proxies before us keep theirs. */
const KEEP_ALIVE_MS = 72_000
/** Slow ones are looked for this often at least, in milliseconds; Node's own 30 s would double the limit. */
const LOOK_MS = 5_000

/** Node's server under ours: bounded in time against slow senders, over TLS if there is a certificate. */
export function nodeServer(
  handler: RequestListener,
  { tls, limits }: Pick<ProbeDependencies, 'tls' | 'limits'>,
): Server {
  const requestTimeout = limits.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const options = {
    requestTimeout,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
    connectionsCheckingInterval: Math.min(LOOK_MS, requestTimeout / 2),
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  // The plain server lacks nothing of the other that is used here.
  const server =
    tls === undefined ? (createServer(options, handler) as Server) : createSecureServer({ ...options, ...tls }, handler)
  server.setTimeout(CONNECTION_TIMEOUT_MS)
  return server
}

import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type Server } from 'node:https'
import type { ProbeDependencies } from './http-dependencies.ts'
import { ARRIVAL_MS } from './limit-arrival.ts'

/** Longest that a file may take to arrive, in milliseconds. All other requests have a limit of their own (`limitArrival`). */
const REQUEST_TIMEOUT_MS = 3_600_000
/** A connection on which nothing moves is closed after this, in milliseconds, unless told: also one whose reader takes nothing. */
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
  const headersTimeout = limits.requestTimeoutMs ?? ARRIVAL_MS
  const options = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout,
    connectionsCheckingInterval: Math.min(LOOK_MS, headersTimeout / 2),
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  // The plain server lacks nothing of the other that is used here.
  const server =
    tls === undefined ? (createServer(options, handler) as Server) : createSecureServer({ ...options, ...tls }, handler)
  server.setTimeout(limits.stallMs ?? CONNECTION_TIMEOUT_MS)
  return server
}

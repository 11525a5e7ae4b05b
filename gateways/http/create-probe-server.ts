import { baseServer } from './base-server.ts'
import type { ProbeDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { probeRoutes } from './probe-routes.ts'

/**
 * What a process without the role `http` serves: `/healthz` and `/readyz`, open to all, and `/metrics`, with a
 * credential. The caller listens and closes.
 */
export async function createProbeServer(dependencies: ProbeDependencies): Promise<HttpServer> {
  const app = await baseServer(dependencies)
  probeRoutes(app, dependencies)
  return app
}

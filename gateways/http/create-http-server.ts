import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { accessRoutes } from './access-routes.ts'
import { aliasBulkRoutes } from './alias-bulk-routes.ts'
import { aliasExportRoutes } from './alias-export-routes.ts'
import { aliasImportRoutes } from './alias-import-routes.ts'
import { aliasIndexRoutes } from './alias-index-routes.ts'
import { aliasJobRoutes } from './alias-job-routes.ts'
import { aliasQueryRoutes } from './alias-query-routes.ts'
import { aliasRoutes } from './alias-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { baseServer } from './base-server.ts'
import { channelRoutes } from './channel-routes.ts'
import { commandRoutes } from './command-routes.ts'
import { deviceCredentialRoutes } from './device-credential-routes.ts'
import { deviceSyncQueryRoutes } from './device-sync-query-routes.ts'
import { deviceSyncRoutes } from './device-sync-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { fleetRoutes } from './fleet-routes.ts'
import type { HttpDependencies } from './http-dependencies.ts'
import type { HttpServer } from './http-server.ts'
import { observationQueryRoutes } from './observation-query-routes.ts'
import { observationRoutes } from './observation-routes.ts'
import { openApi } from './open-api.ts'
import { probeRoutes } from './probe-routes.ts'
import { rollbackRoutes } from './rollback-routes.ts'
import { StreamPlaces } from './stream-places.ts'

/**
 * The REST gateway: commands, queries, probes, and their OpenAPI at `/docs`. Everything but `/healthz`, `/readyz` and
 * `/api/aliases/health` needs a credential (`/docs` too, unless `openDocs`); errors are RFC 9457 problems.
 * The caller listens and closes; `close()` lets what has arrived be answered.
 */
export async function createHttpServer(dependencies: HttpDependencies): Promise<HttpServer> {
  const app = await baseServer(dependencies)
  await app.register(swagger, {
    openapi: openApi(dependencies.version),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })

  const places = new StreamPlaces(dependencies.limits)
  probeRoutes(app, dependencies)
  commandRoutes(app, dependencies)
  aliasQueryRoutes(app, dependencies)
  aliasIndexRoutes(app, dependencies)
  aliasRoutes(app, dependencies)
  aliasBulkRoutes(app, dependencies)
  await aliasImportRoutes(app, dependencies)
  aliasExportRoutes(app, dependencies, places)
  aliasJobRoutes(app, dependencies)
  rollbackRoutes(app, dependencies)
  accessRoutes(app, dependencies)
  auditRoutes(app, dependencies, places)
  fleetRoutes(app, dependencies)
  deviceCredentialRoutes(app, dependencies)
  deviceSyncRoutes(app, dependencies)
  deviceSyncQueryRoutes(app, dependencies)
  channelRoutes(app, dependencies)
  observationQueryRoutes(app, dependencies)
  await observationRoutes(app, dependencies)
  eventRoutes(app, dependencies)
  return app
}

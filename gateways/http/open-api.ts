import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

/** What the OpenAPI document says besides the routes. */
export function openApi(version: string): NonNullable<FastifyDynamicSwaggerOptions['openapi']> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pharos',
      version,
      description:
        'Control plane for fleets of edge devices. Commands answer where their last event stands (`Pharos-Position`); ' +
        'a query with that as `Pharos-Min-Position` sees it. Errors are RFC 9457 problems.',
    },
    tags: [
      { name: 'commands', description: 'Every change, as one command' },
      { name: 'aliases', description: 'Names of channels and endpoints' },
      { name: 'channels', description: 'Streams of observations: the catalogue' },
      { name: 'observations', description: 'What was observed' },
      { name: 'access', description: 'API keys' },
      { name: 'operations', description: 'Probes and metrics' },
    ],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A JWT, or an API key' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
    security: [{ bearer: [] }, { apiKey: [] }],
  }
}

import type { QueryBus } from '../query-bus.ts'
import type { ServiceParts } from './command-service.ts'
import { type RequestService, startRequestService } from './request-service.ts'

/** Queries over NATS: request `{data, minPosition?}` on `query.<context>.<verb>`, the reply is a `QueryResult`. */
export function startQueryService(bus: QueryBus, parts: ServiceParts): Promise<RequestService> {
  return startRequestService({
    ...parts,
    name: 'pharos-queries',
    description: 'Queries of Pharos: query.<context>.<verb>',
    prefix: 'query',
    types: bus.types,
    answer: ({ type, body, actor }) => bus.ask({ type, body, actor }),
  })
}

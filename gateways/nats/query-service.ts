import type { QueryBus } from '../query-bus.ts'
import type { QueryResult } from '../../schemas/query.ts'
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
    inShort: () => tooLarge,
    answer: ({ type, body, actor }) => bus.ask({ type, body, actor }),
  })
}

const tooLarge: QueryResult = {
  status: 'rejected',
  code: 'answer_too_large',
  message: 'the answer does not fit in one message: ask for a shorter page',
  violations: [{ field: 'data.limit', message: 'must be smaller, for what stands on this page' }],
}
